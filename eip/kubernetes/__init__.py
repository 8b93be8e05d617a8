"""The API server: our own HTTP on raw bytes; the official client only says where it is and who we are."""
