"""One home, written in many ways: flat, house and street of a drawn table of addresses."""

import polars as pl
import pytest

from matching.canonical.addresses import addresses, postcodes_at_end, shown_addresses


def _column(*texts):
    return pl.Series("text", texts, dtype=pl.String)


@pytest.mark.parametrize(
    "text",
    [
        "Flat 7, 67 Highfield Cres, Zedborough",
        "FLAT 7, 67, HIGHFIELD CRESCENT, ZEDBOROUGH",
        "7/67 Highfield Crescent",
        "7/67, Highfield Crescent",
        "Flat 7 67 Highfield Cres.",
        "67 Highfield Cres, Flat 7",
        "Apartment 7, 67 Highfield Crescent",
        "Apt 7, 67 Highfield Cres",
        "7, 67, Highfield Crescent, Zedborough",
        "Flat No. 7, 67 Highfield Crescent, Zedborough, ZA1 9AN",
        "Flat 7, 67 Highfield Crescent Zedborough",
        "c/o Smith, Flat 7, 67 Highfield Cres",
        "Fl 7, 67 Highfield Cres",
        "Flt7 67 Highfield Cres",
        "Flat 7, c/o 67 Highfield Cres",
        "Flat 7, c/o Mrs Smith, 67 Highfield Cres",
    ],
)
def test_one_flat_written_in_many_ways(text):
    row = addresses(_column(text)).row(0, named=True)
    assert row == {
        "address": "FLAT 7 67 HIGHFIELD CRESCENT",
        "flat": "7",
        "house": "67",
        "street": "HIGHFIELD CRESCENT",
    }


@pytest.mark.parametrize(
    "text", ["Rose Cottage, The Green, 3 Mill Lane", "ROSE COTTAGE THE GREEN 3 MILL LANE, ZEDBOROUGH"]
)
def test_a_named_place_of_several_parts_is_one_with_or_without_its_commas(text):
    assert addresses(_column(text))["address"].to_list() == ["ROSE COTTAGE THE GREEN 3 MILL LANE"]


@pytest.mark.parametrize(
    ("text", "flat", "house", "street"),
    [
        pytest.param("160 Tennyson Close, Zedborough", None, "160", "TENNYSON CLOSE", id="house and street"),
        pytest.param("9 Raleigh La, Zedborough", None, "9", "RALEIGH LANE", id="La is Lane"),
        pytest.param("87 South Rd", None, "87", "SOUTH ROAD", id="Rd is Road"),
        pytest.param("65 West Ave", None, "65", "WEST AVENUE", id="Ave is Avenue"),
        pytest.param("98 East Cl", None, "98", "EAST CLOSE", id="Cl is Close"),
        pytest.param("118 Moor Terr", None, "118", "MOOR TERRACE", id="Terr is Terrace"),
        pytest.param("4 Victoria Gdns", None, "4", "VICTORIA GARDENS", id="Gdns is Gardens"),
        pytest.param("5 Bridge St, Zedborough", None, "5", "BRIDGE STREET", id="St at the end is Street"),
        pytest.param("5 Bridge St Zedborough", None, "5", "BRIDGE STREET", id="a town without a comma"),
        pytest.param("3 St Peters St", None, "3", "SAINT PETERS STREET", id="St at the start is Saint"),
        pytest.param("12A St. Mary's Ct.", None, "12A", "SAINT MARYS COURT", id="dots and apostrophe"),
        pytest.param("1 High St N", None, "1", "HIGH STREET NORTH", id="a point of the compass"),
        pytest.param("4 Dr Johnsons Ave", None, "4", "DR JOHNSONS AVENUE", id="Dr at the start is no Drive"),
        pytest.param("12 a High Street", None, "12A", "HIGH STREET", id="door letter apart"),
        pytest.param("12 - 14 Station Rd", None, "12-14", "STATION ROAD", id="a range of numbers"),
        pytest.param("No. 5 Park Road", None, "5", "PARK ROAD", id="No."),
        pytest.param("Flat 3a 5 Mill Lane", "3A", "5", "MILL LANE", id="flat with a letter"),
        pytest.param("Unit B, 4 Mill Lane", "B", "4", "MILL LANE", id="flat called by a letter"),
        pytest.param("Ground Floor Flat, 5 Mill Lane", "GF", "5", "MILL LANE", id="ground floor flat"),
        pytest.param("1st Fl, 5 Mill Lane", "1F", "5", "MILL LANE", id="the flat of a floor, shorter"),
        pytest.param("Ground Floor Fl 5 Mill Lane", "GF", "5", "MILL LANE", id="the flat of the ground floor"),
        pytest.param("5 Mill Lane, Romford, RM1 4AB, Essex", None, "5", "MILL LANE", id="a postcode that is no room"),
        pytest.param("Rm 4, 5 Mill Lane", "4", "5", "MILL LANE", id="a room"),
        pytest.param("GFF 5 Mill Lane", "GF", "5", "MILL LANE", id="ground floor flat, short"),
        pytest.param("Room 12, The Lodge, 5 Mill Ln", "12", "5", "MILL LANE", id="room in a named building"),
        pytest.param("3 Holly Court, 67 Mill Lane", "3", "67", "MILL LANE", id="flat of a named building"),
        pytest.param("Flat 2, Holly Court, Mill Lane", "2", "HOLLY COURT", "MILL LANE", id="building without a number"),
        pytest.param("Rose Cottage, Mill Lane, Zedborough", None, "ROSE COTTAGE", "MILL LANE", id="house name"),
        pytest.param("Rose Cottage, Zedborough", None, "ROSE COTTAGE", None, id="house name, no street"),
        pytest.param("Mill Lane, Zedborough", None, None, "MILL LANE", id="street only"),
        pytest.param("14 Heol y Coed", None, "14", "HEOL Y COED", id="Welsh street"),
        pytest.param("c/o 67 Mill Lane, Zedborough", None, "67", "MILL LANE", id="care of nobody who is named"),
        pytest.param("Care of Ms A Jones, 67 Mill Lane", None, "67", "MILL LANE", id="care of somebody"),
        pytest.param("67", None, "67", None, id="number only"),
        pytest.param("NFA", None, None, None, id="no fixed abode"),
        pytest.param("Unknown", None, None, None, id="Unknown"),
        pytest.param("", None, None, None, id="empty"),
        pytest.param(None, None, None, None, id="absent"),
    ],
)
def test_flat_house_and_street(text, flat, house, street):
    assert addresses(_column(text)).row(0)[1:] == (flat, house, street)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("12A HIGH ST, ZEDBOROUGH, ZA1 9AN", "12A High St, Zedborough", id="shouted; postcode left out"),
        pytest.param("Flat 7, 67, Highfield Cres", "Flat 7, 67 Highfield Cres", id="number joined to its street"),
        pytest.param("  4  Mill Lane ,, Zedborough ", "4 Mill Lane, Zedborough", id="spaces and empty lines"),
        pytest.param(" , ", None, id="nothing left"),
    ],
)
def test_shown_addresses(text, shown):
    assert shown_addresses(_column(text))[0] == shown


@pytest.mark.parametrize(
    ("text", "postcode"),
    [
        ("67 Highfield Cres, Zedborough, ZA1 9AN", "ZA1 9AN"),
        ("67 Highfield Cres Zedborough za19an,", "ZA19AN"),
        ("ZA1 9AN", "ZA1 9AN"),
        ("67 Highfield Cres, ZA1 9AN, Zedborough", None),  # not at its end
        ("67 Highfield Cres, Zedborough, ZA1", None),
        ("67 Highfield Cres, FLAZA1 9AN", None),
        (None, None),
    ],
)
def test_the_postcode_with_which_an_address_ends(text, postcode):
    assert postcodes_at_end(_column(text)).to_list() == [postcode]
