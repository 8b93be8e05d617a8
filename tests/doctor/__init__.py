"""`eip doctor`: the checks by their facts, the reading by real servers."""
