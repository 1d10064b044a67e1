"""A bill's papers: the kinds of documents, on which others each rests, and invoices with what is checked of them."""
