"""The ninth corpus: what approved projects of a haematology alliance hand in for release."""
