"""What is stored of people and of their sessions."""
