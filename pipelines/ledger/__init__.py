"""The life of every lead, from night to night: nobody leaves the list without a recorded reason."""
