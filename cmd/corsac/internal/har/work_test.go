package har

import (
	"fmt"
	"strings"
	"testing"
)

// wire is an entry of a HAR file.
func wire(method, url, page, more string) string {
	return fmt.Sprintf(`{"request": {"method": %q, "url": %q, "headers": [{"name": "Host", "value": "x"}, {"name": "Origin", "value": %q}%s]},
		"response": {"status": 200, "headers": [{"name": "Access-Control-Allow-Origin", "value": "*"}, {"name": "Location", "value": "/x"}]}}`, method, url, page, more)
}

func preflightOf(page, names string) string {
	return wire("OPTIONS", "https://api.example/x", page, `, {"name": "Access-Control-Request-Method", "value": "PUT"}, {"name": "Access-Control-Request-Headers", "value": "`+names+`"}`)
}

func linked(t *testing.T, entries []string) (*linker, []*Exchange) {
	t.Helper()
	log, err := Read(strings.NewReader(`{"log": {"entries": [` + strings.Join(entries, ",") + `]}}`))
	if err != nil {
		t.Fatal(err)
	}
	k := newLinker(log, "")
	exchanges, _ := k.exchangesOf()
	return k, exchanges
}

// The work does not grow with the square of what a file has.
func TestWork(t *testing.T) {
	const page = "https://app.example"
	put := wire("PUT", "https://api.example/x", page, "")
	for _, c := range []struct {
		name      string
		n         int
		of        func(i int) []string
		exchanges int
	}{
		{"pairs", 4_000, func(int) []string { return []string{put, preflightOf(page, "")} }, 4_000},
		{"preflights of another page", 4_000, func(int) []string { return []string{put, preflightOf("https://b.example", "")} }, 8_000},
		{"requests alone", 4_000, func(int) []string { return []string{put} }, 4_000},
		{"preflights alone", 4_000, func(int) []string { return []string{preflightOf(page, "")} }, 4_000},
	} {
		var entries []string
		for i := range c.n {
			entries = append(entries, c.of(i)...)
		}
		k, exchanges := linked(t, entries)
		if len(exchanges) != c.exchanges || k.work > 8000*c.n {
			t.Errorf("%s: %d exchanges, %d pairs looked at", c.name, len(exchanges), k.work)
		}
	}
}

// Redirects that lead nowhere are looked for in a few entries only.
func TestWorkOfRedirects(t *testing.T) {
	var entries []string
	for range 4_000 {
		entries = append(entries, strings.Replace(wire("GET", "https://api.example/y", "https://app.example", ""), "200", "302", 1))
	}
	for range 4_000 {
		entries = append(entries, wire("POST", "https://api.example/x", "https://app.example", ""))
	}
	k, exchanges := linked(t, entries)
	if len(exchanges) != 8_000 || k.work > 8000*4_000 {
		t.Errorf("%d exchanges, %d entries looked at", len(exchanges), k.work)
	}
}

// Preflights that ask for many headers give each of them once; were it looked for among all others, this
// would not end.
func TestManyHeaders(t *testing.T) {
	var names []string
	for i := range MaxHeaders {
		names = append(names, fmt.Sprintf("x-%d", i))
	}
	list := strings.Join(names, ",")
	entries := []string{}
	for range 60 {
		entries = append(entries, wire("PUT", "https://api.example/x", "https://app.example", ""), preflightOf("https://app.example", list))
	}
	_, exchanges := linked(t, entries)
	for _, x := range exchanges {
		if len(x.Request.Headers) != MaxHeaders || len(x.Recording.Exchanges) != 2 {
			t.Fatalf("%d headers, %d exchanges", len(x.Request.Headers), len(x.Recording.Exchanges))
		}
	}
	if len(exchanges) != 60 {
		t.Errorf("%d exchanges", len(exchanges))
	}
}
