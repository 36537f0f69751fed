"""Networks that several engines share."""
