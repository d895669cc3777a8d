"""What is left of a name for matching, and which names may be one: drawn tables of literal people."""

import polars as pl
import pytest

from matching.canonical.names import (
    DATA_FOLDER,
    carer_names,
    given_names,
    listed_names,
    shown_names,
    skeleton_key,
    split_full_names,
    surnames,
    variant_groups,
)


def _column(*texts):
    return pl.Series("text", texts, dtype=pl.String)


@pytest.mark.parametrize(
    ("text", "forename", "middle_names"),
    [
        pytest.param("Linda Rebecca", "LINDA", "REBECCA", id="first and middle in one cell"),
        pytest.param("MARY-JANE", "MARY", "JANE", id="a hyphen parts names as a space does"),
        pytest.param("D'Arcy", "DARCY", None, id="apostrophe joined"),
        pytest.param("Siân", "SIAN", None, id="Welsh circumflex"),
        pytest.param("SiÃ¢n", "SIAN", None, id="UTF-8 misread as Windows-1252"),
        pytest.param("JosÃƒÂ©", "JOSE", None, id="misread twice"),
        pytest.param("M?d?lina", "MDLINA", None, id="letters that a system could not write"),
        pytest.param("H??NG TH?", "HNG", "TH", id="two of them in a row, and one at the end"),
        pytest.param("?tefan", "TEFAN", None, id="the first letter could not be written"),
        pytest.param("??T NAM", "NAM", None, id="all but one letter could not be written: no initial"),
        pytest.param("Anna ?", "ANNA", None, id="a question mark by itself is nobody's name"),
        pytest.param("Łukasz", "LUKASZ", None, id="Polish Ł"),
        pytest.param("Оксана", "OKSANA", None, id="Cyrillic"),
        pytest.param("\ufeffAnna\u200e", "ANNA", None, id="byte-order mark and direction mark"),
        pytest.param("Mia 🌸", "MIA", None, id="emoji"),
        pytest.param("Miss Alice", "ALICE", None, id="title"),
        pytest.param("Master", "MASTER", None, id="a title alone is the name"),
        pytest.param("John Jnr", "JOHN", None, id="suffix"),
        pytest.param("J", "J", None, id="initial kept"),
        pytest.param("J P", "J", "P", id="two initials"),
        pytest.param("Katherine (Kate)", "KATHERINE", "KATE", id="known as, in brackets"),
        pytest.param("Katherine (k/a Kate)", "KATHERINE", "KATE", id="known as, shortened"),
        pytest.param("Katherine a/k/a Kate", "KATHERINE", "KATE", id="also known as, with strokes"),
        pytest.param("Katherine n/k/a Kate", "KATHERINE", "KATE", id="now known as, with strokes"),
        pytest.param("Alice (Twin 2)", "ALICE", None, id="which of twins"),
        pytest.param("M1chael", "MICHAEL", None, id="1 for I between letters"),
        pytest.param("Nee", "NEE", None, id="a word that stands between names is one where it stands alone"),
        pytest.param("Baby", None, None, id="Baby"),
        pytest.param("Baby Boy", None, None, id="Baby Boy"),
        pytest.param("BABY GIRL TWO", None, None, id="Baby Girl Two"),
        pytest.param("Twin 1", None, None, id="Twin 1"),
        pytest.param("Infant", None, None, id="Infant"),
        pytest.param("Unborn Baby", None, None, id="Unborn Baby"),
        pytest.param("B/O Sarah", None, None, id="baby of, by its mother's name"),
        pytest.param("Baby girl of Sarah", None, None, id="baby girl of"),
        pytest.param("Son of Fatima", None, None, id="son of"),
        pytest.param("Alice, daughter of Fatima", "ALICE", None, id="daughter of, who has a name"),
        pytest.param("Son Minh", "SON", "MINH", id="Son is a name too"),
        pytest.param("No first name", None, None, id="No first name"),
        pytest.param("ZZ Alice", "ALICE", None, id="marked as not in use"),
        pytest.param("Baby Alice", "ALICE", None, id="a baby who has a name"),
        pytest.param("Unknown", None, None, id="Unknown"),
        pytest.param("Not known", None, None, id="Not known"),
        pytest.param("N/K", None, None, id="N/K"),
        pytest.param("Unknown Unknown", None, None, id="Unknown, twice"),
        pytest.param("Test", None, None, id="Test"),
        pytest.param("XX", None, None, id="XX"),
        pytest.param("👶", None, None, id="only an emoji"),
        pytest.param("  ", None, None, id="spaces"),
        pytest.param(None, None, None, id="absent"),
    ],
)
def test_given_names(text, forename, middle_names):
    row = given_names(_column(text)).row(0, named=True)
    assert (row["forename"], row["middle_names"]) == (forename, middle_names)
    together = (forename or "") + (middle_names or "").replace(" ", "")
    assert row["given_names"] == (together or None)


@pytest.mark.parametrize("text", ["Mary Jane", "MARY-JANE", "Maryjane", "mary  jane"])
def test_given_names_run_together_agree_however_they_are_parted(text):
    assert given_names(_column(text))["given_names"][0] == "MARYJANE"


@pytest.mark.parametrize(
    ("text", "surname", "parts"),
    [
        pytest.param("O'Neill", "ONEILL", ["ONEILL"], id="O with apostrophe"),
        pytest.param("O Neill", "ONEILL", ["ONEILL"], id="O with space"),
        pytest.param("Ó Briain", "OBRIAIN", ["OBRIAIN"], id="Irish O"),
        pytest.param("Mc Donald", "MCDONALD", ["MCDONALD"], id="Mc is no part of its own, and Donald another name"),
        pytest.param("O?Brien", "OBRIEN", ["OBRIEN"], id="a curled apostrophe that a system could not write"),
        pytest.param("NGUY?N", "NGUYN", ["NGUYN"], id="a letter that a system could not write parts no name"),
        pytest.param("MacDonald", "MACDONALD", ["MACDONALD"], id="Mac in one word"),
        pytest.param("AL-HASSAN", "ALHASSAN", ["ALHASSAN", "HASSAN"], id="Al may be dropped elsewhere"),
        pytest.param("bin Laden", "BINLADEN", ["BINLADEN", "LADEN"], id="bin"),
        pytest.param("de la Cruz", "DELACRUZ", ["DELACRUZ", "CRUZ"], id="two particles"),
        pytest.param("Smith-Jones", "SMITHJONES", ["SMITH", "JONES"], id="double, hyphen"),
        pytest.param("SMITH JONES", "SMITHJONES", ["SMITH", "JONES"], id="double, space"),
        pytest.param("Smith (née Jones)", "SMITHJONES", ["SMITH", "JONES"], id="née"),
        pytest.param("R0BIN5ON", "ROBINSON", ["ROBINSON"], id="0 for O and 5 for S between letters"),
        pytest.param("Smith Jnr", "SMITH", ["SMITH"], id="suffix"),
        pytest.param("Le", "LE", ["LE"], id="a particle alone is the name"),
        pytest.param("Aka", "AKA", ["AKA"], id="a word that stands between names is one where it stands alone"),
        pytest.param("X", "X", [], id="one letter is no part"),
        pytest.param("Boy", "BOY", ["BOY"], id="Boy is a surname"),
        pytest.param("ZZ Smith", "SMITH", ["SMITH"], id="marked as not in use"),
        pytest.param("xxSmith", "SMITH", ["SMITH"], id="marked as not in use, run together"),
        pytest.param("No last name", None, None, id="No last name"),
        pytest.param("Smith (TWIN 1)", "SMITH", ["SMITH"], id="which of twins"),
        pytest.param("Unknown", None, None, id="Unknown"),
        pytest.param("N.K.", None, None, id="not known, in letters with stops"),
        pytest.param(None, None, None, id="absent"),
    ],
)
def test_surnames(text, surname, parts):
    assert surnames(_column(text)).row(0) == (surname, parts)


@pytest.mark.parametrize(
    ("text", "given", "surname"),
    [
        pytest.param("MORGAN, Samuel", "Samuel", "MORGAN", id="surname first, comma"),
        pytest.param("O'NEILL, Miss Aoife Mary", "Aoife Mary", "O'NEILL", id="title after the comma"),
        pytest.param("SMITH JONES, Ann", "Ann", "SMITH JONES", id="double surname before the comma"),
        pytest.param("SMITH Ann Marie", "Ann Marie", "SMITH", id="surname first, in capitals"),
        pytest.param("Miss SMITH JONES Ann", "Ann", "SMITH JONES", id="double surname in capitals, behind a title"),
        pytest.param("McDONALD Siân", "Siân", "McDONALD", id="Mc before capitals"),
        pytest.param("DE LA CRUZ Émile", "Émile", "DE LA CRUZ", id="particles in capitals"),
        pytest.param("O'NEILL-KHAN Ali", "Ali", "O'NEILL-KHAN", id="apostrophe and hyphen in capitals"),
        pytest.param("TJ Brown", "TJ", "Brown", id="two initials are no surname"),
        pytest.param("Ann SMITH", "Ann", "SMITH", id="surname in capitals, last"),
        pytest.param("ANN MARIE SMITH", "ANN MARIE", "SMITH", id="all in capitals: in the usual order"),
        pytest.param("Smith, John, Jr", "John", "Smith", id="suffix after a second comma"),
        pytest.param("Master Francis John Dixon", "Francis John", "Dixon", id="title first"),
        pytest.param("mr. john mc donald", "john", "mc donald", id="Mc belongs to the surname"),
        pytest.param("Maria de la Cruz", "Maria", "de la Cruz", id="de la"),
        pytest.param("Ali Al Hassan", "Ali", "Al Hassan", id="Al"),
        pytest.param("Rhys ap Gwilym", "Rhys", "ap Gwilym", id="ap"),
        pytest.param("Ian St. John", "Ian", "St. John", id="St."),
        pytest.param("Abu Bakr Khan", "Abu Bakr", "Khan", id="a particle at the start is a forename"),
        pytest.param("John Smith - Jones", "John", "Smith-Jones", id="hyphen with spaces"),
        pytest.param("Amira Khan (Amy)", "Amira", "Khan", id="known as, in brackets"),
        pytest.param("Baby Boy Khan", "Baby Boy", "Khan", id="no forename yet"),
        pytest.param("Khan Baby Boy", "Baby Boy", "Khan", id="no forename yet, surname first"),
        pytest.param("Lloyd Child of Ann", "Child of Ann", "Lloyd", id="called after the mother, surname first"),
        pytest.param("Ann Child", "Ann", "Child", id="Child is a surname too"),
        pytest.param("Khan A", "A", "Khan", id="an initial is no surname"),
        pytest.param("O'Neill-Khan A. B.", "A. B.", "O'Neill-Khan", id="initials are no surname"),
        pytest.param("Miss Amira K", "Amira", "K", id="an initial for the surname, behind a title"),
        pytest.param("A Khan", "A", "Khan", id="an initial first"),
        pytest.param("J T", "J", "T", id="two letters"),
        pytest.param("Amira", "Amira", None, id="one name: what the child is called"),
        pytest.param("Amira (twin)", "Amira", None, id="one name, and a note"),
        pytest.param("Miss Ahmed", None, "Ahmed", id="one name behind a title"),
        pytest.param("AHMED,", None, "AHMED", id="one name before a comma"),
        pytest.param("Dr", None, None, id="only a title"),
        pytest.param(None, None, None, id="absent"),
    ],
)
def test_full_names_are_split(text, given, surname):
    assert split_full_names(_column(text)).row(0) == (given, surname)


@pytest.mark.parametrize(
    ("text", "forename", "surname"),
    [
        pytest.param("Katherine Mann", "KATHERINE", "MANN", id="one carer"),
        pytest.param("Mr & Mrs Smith", None, "SMITH", id="only the surname is said"),
        pytest.param("John and Jane Smith", "JOHN", "SMITH", id="one surname for two"),
        pytest.param("Mr John Smith & Mrs Jane Jones", "JOHN", "SMITH", id="the first of two"),
        pytest.param("Andy Anderson", "ANDY", "ANDERSON", id="and inside a name"),
        pytest.param("Smith", None, "SMITH", id="one name"),
        pytest.param("Unknown", None, None, id="Unknown"),
    ],
)
def test_carer_names(text, forename, surname):
    assert carer_names(_column(text)).row(0) == (forename, surname)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("O'NEILL", "O'Neill", id="shouted"),
        pytest.param("SMITH-JONES", "Smith-Jones", id="shouted, hyphen"),
        pytest.param("MCDONALD", "McDonald", id="shouted, Mc"),
        pytest.param("NGUY?N", "Nguy?n", id="shouted, with a letter that a system could not write"),
        pytest.param("RA'S", "Ra's", id="shouted, and no name ends in a capital S"),
        pytest.param("sian", "Sian", id="whispered"),
        pytest.param("  Siân   Mair ", "Siân Mair", id="accent kept, spaces tidied"),
        pytest.param("de la Cruz", "de la Cruz", id="left as it is"),
        pytest.param("Miss Sahra", "Sahra", id="a title goes"),
        pytest.param("MSTR. JOHN", "John", id="a title goes, and what is left is shouted"),
        pytest.param("Drew", "Drew", id="no title, but the letters of one"),
        pytest.param("Master", "Master", id="a title and nothing else stays"),
        pytest.param("SiÃ¢n", "Siân", id="misread"),
        pytest.param("👶", None, id="nothing left"),
    ],
)
def test_shown_names(text, shown):
    assert shown_names(_column(text))[0] == shown


@pytest.mark.parametrize(
    "names",
    [
        ("ELIZABETH", "BETH"), ("WILLIAM", "BILL"), ("KATHERINE", "KATIE"), ("CATHERINE", "KATE"),
        ("ALEX", "ALEXANDRA"), ("ALEX", "ALEXANDER"), ("KATARZYNA", "KASIA"), ("IOAN", "IONUT"), ("PADRAIG", "PADDY"),
        ("GWENLLIAN", "GWEN"),
        ("MOHAMMED", "MD"), ("MUHAMMAD", "MOHAMED"), ("HUSSAIN", "HUSAYN"), ("YUSUF", "YOUSEF"), ("AISHA", "AYESHA"),
        ("OKSANA", "OXANA"), ("OLEXANDR", "ALEKSANDER"), ("SEAN", "SHAUN"), ("SIAN", "SHAN"), ("ABDUL", "ABDAL"),
    ],
    ids="-".join,
)  # fmt: skip
def test_one_child_may_go_by_both_names(names):
    groups = variant_groups(_column(*names))
    assert set(groups[0]) & set(groups[1])


@pytest.mark.parametrize(
    "names", [("JOHN", "PETER"), ("AISHA", "FATIMA"), ("EMILY", "SOPHIE"), ("DANIEL", "DAVID")], ids="-".join
)
def test_other_names_share_no_group(names):
    groups = variant_groups(_column(*names))
    assert not set(groups[0]) & set(groups[1])


def test_a_name_without_variants_has_an_empty_list():
    groups = variant_groups(_column("QWXYZ", None))
    assert groups.dtype == pl.List(pl.Int32)
    assert groups.to_list() == [[], []]


@pytest.mark.parametrize("file", ["nicknames.csv", "variants.csv"])
def test_each_group_of_the_data_files_has_several_plain_names(file):
    lines = (DATA_FOLDER / file).read_text(encoding="utf-8").splitlines()
    groups = [line.split(",") for line in lines if not line.startswith("#")]
    assert len(groups) > 300
    for group in groups:
        assert len(group) > 1, group
        assert all(name.replace("-", "").isascii() and name.replace("-", "").isalpha() for name in group), group


@pytest.mark.parametrize(
    "names",
    [
        ("MUHAMMAD", "MOHAMED"), ("AISHA", "AYESHA"), ("HUSSAIN", "HUSEIN"), ("OKSANA", "OXANA"), ("QASIM", "KASSIM"),
        ("YUSUF", "YOUSEF"), ("PHILIP", "FILIP"), ("CATHERINE", "KATHRYN"), ("SARAH", "SARA"), ("WASIM", "VASEEM"),
        ("FATIMAH", "FATHIMA"), ("IBRAHIM", "EBRAHEEM"), ("KHADIJA", "KADEEJAH"), ("ZAINAB", "ZAYNAB"),
        ("CZERNY", "CHERNY"), ("SZYMON", "SHIMON"), ("DJAMILA", "JAMILA"), ("ZHANNA", "JANNA"), ("CELINA", "SELINA"),
        ("IOANA", "YOANA"),
    ],
    ids="-".join,
)  # fmt: skip
def test_one_sound_written_twice_has_one_skeleton(names):
    keys = skeleton_key(_column(*names))
    assert keys[0] == keys[1]


@pytest.mark.parametrize("names", [("AMIR", "OMAIMA"), ("ALI", "ELENA"), ("SARA", "ZARA")], ids="-".join)
def test_other_sounds_have_other_skeletons(names):
    keys = skeleton_key(_column(*names))
    assert keys[0] != keys[1]


@pytest.mark.parametrize(
    ("name", "listed"),
    [
        pytest.param("WILLIAM", "WILLIAM", id="a formal name"),
        pytest.param("BILL", "BILL", id="a short form"),
        pytest.param("AYESHA", "AYESHA", id="a spelling"),
        pytest.param("ARLO", "ARLO", id="a name without other forms"),
        pytest.param("WILLIAN", None, id="a slip"),
        pytest.param(None, None, id="no name"),
    ],
)
def test_listed_names_are_those_of_the_files(name: str | None, listed: str | None) -> None:
    assert listed_names(_column(name)).to_list() == [listed]


def test_no_further_name_stands_in_the_other_files() -> None:
    lines = (DATA_FOLDER / "further_names.csv").read_text(encoding="utf-8").splitlines()
    further = _column(*(name for line in lines if not line.startswith("#") for name in line.upper().split(",")))
    assert further.is_unique().all()
    assert variant_groups(further).list.len().max() == 0
