package main

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// truth is a request as its server saw it.
type truth struct {
	arrived
	// Arrived says whether a server saw it at all. If not, only URL and method
	// are known.
	Arrived bool
	// Preflight says that the browser sent a preflight for it.
	Preflight bool
}

// json returns the truth in JSON, with one header per line.
func (t *truth) json() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n  \"url\": %s,\n  \"method\": %s,\n", quoted(t.URL), quoted(t.Method))
	fmt.Fprintf(&b, "  \"arrived\": %t,\n  \"preflight\": %t,\n  \"headers\": [", t.Arrived, t.Preflight)
	for i, h := range t.Headers {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n    [" + quoted(h.Name) + ", " + quoted(h.Value) + "]")
	}
	fmt.Fprintf(&b, "\n  ],\n  \"body_base64\": %s\n}\n", quoted(base64.StdEncoding.EncodeToString(t.Body)))
	return b.Bytes()
}

// quoted returns a string in JSON.
func quoted(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}

// account is what is known about a request in the HAR files.
type account struct {
	deed
	// CORS is the browser's own name for the error if it blocked the request.
	CORS    string   `json:"cors_error,omitempty"`
	Console []string `json:"console,omitempty"`
}

// writeCopies writes, for each request, the copy in each form and the truth.
func writeCopies(dir string, s *site, v *visit) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for _, d := range v.did {
		rows := rowsOf(d, v.view.Requests)
		switch {
		case len(rows) == 0:
			return fmt.Errorf("the panel has no request %s", d.URL)
		case !slices.Contains(copied, d.Name):
			continue
		}
		for _, r := range rows {
			name := d.Name
			if r.Preflight {
				name += ".preflight"
			}
			if err := writeForms(dir, name, r.Forms); err != nil {
				return err
			}
			if err := write(filepath.Join(dir, name+".json"), truthOf(r, s).json()); err != nil {
				return err
			}
		}
	}
	return writeForms(dir, "all", v.view.All)
}

// rowsOf returns the panel's rows for a request: the request itself and, for a
// few, one preflight.
func rowsOf(d deed, all []row) []row {
	url, _, _ := strings.Cut(d.URL, "#")
	var rows []row
	for _, r := range all {
		at, _, _ := strings.Cut(r.URL, "#")
		same := at == url || decoded(at) == decoded(url)
		wanted := !r.Preflight || d.Name == "put-json" || d.Name == "preflight-405"
		known := slices.ContainsFunc(rows, func(o row) bool { return o.Preflight == r.Preflight })
		if same && wanted && !known {
			rows = append(rows, r)
		}
	}
	return rows
}

// decoded returns a URL in a form in which it can be compared with one that a
// browser wrote.
func decoded(url string) string {
	return strings.NewReplacer("%22", `"`, "%27", "'", "%C3%A9", "é").Replace(url)
}

func truthOf(r row, s *site) *truth {
	a, ok := s.last(r.URL, r.Preflight)
	_, asked := s.last(r.URL, true)
	if !ok {
		a = arrived{URL: r.URL, Method: r.Method}
	}
	if strings.HasPrefix(r.URL, "ws://") {
		a.URL = strings.Replace(a.URL, "http://", "ws://", 1)
	}
	return &truth{arrived: a, Arrived: ok, Preflight: asked && !r.Preflight}
}

func writeForms(dir, name string, forms copies) error {
	for form, text := range forms {
		if err := write(filepath.Join(dir, name+"."+form+".txt"), []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

// writeHAR writes a browser's exports, and the truth about the requests in
// them.
func writeHAR(dir, browser string, v *visit) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	accounts := []account{}
	for _, d := range v.did {
		a := account{deed: d}
		var ids []string
		rows := rowsOf(d, v.view.Requests)
		at, _, _ := strings.Cut(rows[0].URL, "#")
		if !strings.Contains(v.view.HAR, at+`"`) && !strings.Contains(v.view.HAR, at+"#") {
			continue // not exported
		}
		for _, r := range v.view.Requests {
			id, _, _ := strings.Cut(r.ID, ":redirected")
			for _, of := range rows {
				if first, _, _ := strings.Cut(of.ID, ":redirected"); id == first {
					ids, a.CORS = append(ids, r.ID), cmp.Or(r.CORS, a.CORS)
				}
			}
		}
		for _, m := range v.view.Messages {
			if slices.Contains(ids, m.Request) || about(m.Text, d.Name) {
				a.Console = append(a.Console, m.Text)
			}
		}
		accounts = append(accounts, a)
	}
	err := writeJSON(filepath.Join(dir, browser+".json"), accounts)
	if err == nil {
		err = write(filepath.Join(dir, browser+".har"), []byte(v.view.HAR))
	}
	if err == nil && v.view.Sensitive != "" {
		err = write(filepath.Join(dir, browser+"-sensitive.har"), []byte(v.view.Sensitive))
	}
	return err
}

// about reports whether a message has the path of a request, or that of its
// final redirect, in it, rather than a longer path.
func about(text, name string) bool {
	_, rest, found := strings.Cut(text, "/"+name)
	for _, ending := range []string{".png", ".js", ".woff2", "-end", ""} {
		for _, after := range []string{" ", "'", "’", ". "} {
			if found && strings.HasPrefix(rest+" ", ending+after) {
				return true
			}
		}
	}
	return false
}

func writeJSON(path string, value any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(value); err != nil {
		return err
	}
	return write(path, b.Bytes())
}

func write(path string, text []byte) error {
	return os.WriteFile(path, text, 0o644) //nolint:gosec // for everyone to read
}
