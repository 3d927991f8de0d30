package weburl

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
)

// wptCase is a row of testdata/urltestdata.json.
type wptCase struct {
	Input, Base                        string
	Failure                            bool
	Href, Origin, Protocol             string
	Username, Password, Hostname, Port string
	Pathname, Search, Hash             string
}

// wptCases returns the rows of testdata/urltestdata.json, without the comments.
func wptCases(t *testing.T) []wptCase {
	data, err := os.ReadFile("testdata/urltestdata.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	var cases []wptCase
	for _, row := range rows {
		if row[0] == '"' {
			continue
		}
		var c wptCase
		if err := json.Unmarshal(row, &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases
}

// TestWebPlatform compares the parser with the tests of the URL standard in
// web-platform-tests, which browsers pass.
func TestWebPlatform(t *testing.T) {
	cases := wptCases(t)
	if len(cases) != 869 {
		t.Errorf("there are %d rows, want 869", len(cases))
	}
	for _, c := range cases {
		var base *URL
		var err error
		if c.Base != "" {
			if base, err = Parse(c.Base, nil); err != nil {
				if !c.Failure {
					t.Errorf("base %q: %v", c.Base, err)
				}
				continue
			}
		}
		u, err := Parse(c.Input, base)
		switch {
		case c.Failure && err == nil:
			t.Errorf("Parse(%q, %q) = %q, want an error", c.Input, c.Base, u)
		case !c.Failure && err != nil:
			t.Errorf("Parse(%q, %q): %v", c.Input, c.Base, err)
		case !c.Failure:
			compareWithRow(t, u, &c)
		}
	}
}

func compareWithRow(t *testing.T, u *URL, c *wptCase) {
	t.Helper()
	port, search, hash := "", "", ""
	if u.Port >= 0 {
		port = strconv.Itoa(u.Port)
	}
	if u.Query != "" {
		search = "?" + u.Query
	}
	if u.Fragment != "" {
		hash = "#" + u.Fragment
	}
	for _, part := range []struct{ name, got, want string }{
		{"href", u.String(), c.Href},
		{"protocol", u.Scheme + ":", c.Protocol},
		{"username", u.Username, c.Username},
		{"password", u.Password, c.Password},
		{"hostname", u.Host, c.Hostname},
		{"port", port, c.Port},
		{"pathname", u.Path, c.Pathname},
		{"search", search, c.Search},
		{"hash", hash, c.Hash},
	} {
		if part.got != part.want {
			t.Errorf("%s of Parse(%q, %q) = %q, want %q", part.name, c.Input, c.Base, part.got, part.want)
		}
	}
	if c.Origin != "" && u.Origin() != c.Origin {
		t.Errorf("origin of Parse(%q, %q) = %q, want %q", c.Input, c.Base, u.Origin(), c.Origin)
	}
}
