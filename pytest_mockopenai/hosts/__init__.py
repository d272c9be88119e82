"""Hosts play a reply on a real connection; they know HTTP and sockets, and nothing of OpenAI but its error envelope."""
