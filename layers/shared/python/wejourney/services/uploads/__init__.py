"""Pictures that people upload in a mini program: addresses, checks, and what becomes of them."""
