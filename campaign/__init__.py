"""What is tried to break the project: odd inputs by mutation and by grammar. Not shipped."""
