module tre.test/lab/probe

go 1.26.0
