module github.com/corsac-dev/corsac/internal/yamlread

go 1.26.0

require (
	github.com/corsac-dev/corsac v0.0.0
	github.com/goccy/go-yaml v1.19.2
)

require (
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/corsac-dev/corsac => ../..
