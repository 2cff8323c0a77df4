"""The fifth corpus: a screening for monoclonal gammopathies, and what its analysts export."""
