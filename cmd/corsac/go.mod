module github.com/corsac-dev/corsac/cmd/corsac

go 1.26.0

require github.com/corsac-dev/corsac v0.0.0

replace github.com/corsac-dev/corsac => ../..
