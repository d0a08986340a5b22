"""Networks, the modules that train them, the agents that act with them, and the hub that loads them."""
