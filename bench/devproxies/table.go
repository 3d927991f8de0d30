//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// page shows the table, between the marks. The working directory is that of this
// package.
var page = filepath.Join("..", "..", "docs", "dev.md")

const (
	begin = "<!-- Written by make dev-peers. -->\n"
	end   = "<!-- End of what make dev-peers writes. -->\n"
)

// table is what proxies do.
type table struct{ columns []column }

// column is what a proxy does, by the names of checks.
type column struct {
	name    string
	results map[string]string
}

// markdown returns the table.
func (t *table) markdown() string {
	var b strings.Builder
	b.WriteString("| what is right |")
	for _, c := range t.columns {
		fmt.Fprintf(&b, " %s |", heading(c.name))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(t.columns)) + "\n")
	for _, row := range checks() {
		fmt.Fprintf(&b, "| %s |", row.name)
		for _, c := range t.columns {
			fmt.Fprintf(&b, " %s |", c.results[row.name])
		}
		b.WriteString("\n")
	}
	return b.String()
}

// heading returns the title of a column.
func heading(name string) string {
	if name == ours {
		return "corsac dev"
	}
	return name
}

// split returns the page before, in and after the table.
func split(text string) (before, in, after string, err error) {
	before, rest, found := strings.Cut(text, begin)
	in, after, ends := strings.Cut(rest, end)
	if !found || !ends {
		return "", "", "", fmt.Errorf("%s has no place for the table", page)
	}
	return before, in, after, nil
}

// write writes the table to the page.
func (t *table) write() error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, _, after, err := split(string(text))
	if err != nil {
		return err
	}
	return os.WriteFile(page, []byte(before+begin+"\n"+t.markdown()+"\n"+end+after), 0o644) //nolint:gosec // a page of the documentation
}
