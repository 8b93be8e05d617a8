"""What is kept in Redis: claims, the work queue, the rate budget, and what follows from them."""
