"""A second benchmark, written by somebody who had not seen the first one."""
