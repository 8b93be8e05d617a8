"""Moving over from another operator, and back, without an address that leaves its pod."""
