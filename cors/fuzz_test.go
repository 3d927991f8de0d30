package cors_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cors"
)

// FuzzRequestHeaders compares the check of Access-Control-Request-Headers with
// a naive one.
func FuzzRequestHeaders(f *testing.F) {
	for _, s := range []string{"", "x-a", "X-A , x-b", ",,,", "x-a\tx-b", "authorization", "x-c", strings.Repeat(",", 20)} {
		f.Add(s, "x-b", true)
		f.Add("content-type", s, false)
	}
	policies := []cors.Policy{
		{AllowOrigins: []string{app}, AllowHeaders: []string{"X-A", "X-B", "Content-Type", "Authorization"}},
		{AllowOrigins: []string{app}, AllowHeaders: []string{"*"}},
	}
	f.Fuzz(func(t *testing.T, line1, line2 string, wildcard bool) {
		p := policies[0]
		if wildcard {
			p = policies[1]
		}
		r := preflight(app, "GET", line1, line2)
		got := mustNew(t, p).Decide(r).Allowed
		if want := naiveAllowsHeaders(p, line1, line2); got != want {
			t.Fatalf("%q, %q under %q: %t, want %t", line1, line2, p.AllowHeaders, got, want)
		}
	})
}

func naiveAllowsHeaders(p cors.Policy, lines ...string) bool {
	all := strings.Join(lines, "")
	if len(all) > 8<<10 {
		return false
	}
	empty := 0
	for _, line := range lines {
		if line == "" {
			continue
		}
		for _, name := range strings.Split(line, ",") {
			name = asciiLower(strings.Trim(name, " \t"))
			switch {
			case name == "":
				empty++
			case slices.Contains(p.AllowHeaders, "*"):
				if name == "authorization" || strings.Trim(name, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") != "" || strings.ContainsAny(name, "\"(),/:;<=>?@[\\]{} \t") || !isPrintable(name) {
					return false
				}
			case !slices.ContainsFunc(p.AllowHeaders, func(s string) bool { return asciiLower(s) == name }):
				return false
			}
		}
	}
	return empty <= 16
}

func isPrintable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// FuzzPolicyJSON checks that the normalised form of a policy decides as the
// policy does and is stable, also through JSON.
func FuzzPolicyJSON(f *testing.F) {
	for _, s := range []string{
		`{"allow_origins":["https://app.example.com","https://*.example.org:*"],"allow_methods":["put","*"],"max_age":"1h"}`,
		`{"allow_origins":["*"],"allow_headers":["*","Authorization"],"expose_headers":["*"],"max_age":0}`,
		`{"allow_origins":["null"],"dangerously_allow_null_origin":true,"allow_credentials":true,"preflight_status":200}`,
		`{"dangerously_allow_origin_regexps":["https://[a-z]+\\.example"],"max_age":86400}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p cors.Policy
		if json.Unmarshal(data, &p) != nil {
			return
		}
		m, err := cors.New(p)
		if err != nil {
			return
		}
		first := m.Policy()
		text, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("%+v: %v", first, err)
		}
		var again cors.Policy
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		m2, err := cors.New(again)
		if err != nil {
			t.Fatalf("%s reads back as %s, which is refused: %v", data, text, err)
		}
		if second := m2.Policy(); !reflect.DeepEqual(first, second) {
			t.Fatalf("%+v reads back as %+v", first, second)
		}
		if text2, _ := json.Marshal(m2.Policy()); !bytes.Equal(text, text2) {
			t.Fatalf("%s reads back as %s", text, text2)
		}
	})
}

// FuzzRequest sends arbitrary requests. Nothing may panic, no header that must
// have one value may have two, and only allowed origins may be allowed.
func FuzzRequest(f *testing.F) {
	f.Add("OPTIONS", app, "PUT", "content-type")
	f.Add("GET", "https://a.example.org", "", "")
	f.Add("OPTIONS", "https://evil.net/.example.org", "a\r\nb", "x\r\ny")
	f.Fuzz(func(t *testing.T, method, from, asked, names string) {
		r := preflight(from, asked, names)
		r.Method = method
		m := mustNew(t, full())
		for _, debug := range []bool{false, true} {
			m.SetDebug(debug)
			h := serve(m.Wrap(ok), r).Header()
			allow := h["Access-Control-Allow-Origin"]
			if len(allow) > 1 || len(h["Access-Control-Allow-Credentials"]) > 1 {
				t.Fatalf("repeated headers: %v", h)
			}
			d := m.Decide(r)
			if granted := len(allow) == 1 && allow[0] == from; granted && !d.Allowed && d.Kind == cors.Actual {
				t.Fatalf("%v, and yet %v", d, h)
			}
			if d.Allowed != (len(allow) == 1 && allow[0] == from) && !debug {
				t.Fatalf("%v, and yet %v", d, h)
			}
		}
	})
}
