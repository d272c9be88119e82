"""`mockopenai load`: many calls to a server, and what they took."""
