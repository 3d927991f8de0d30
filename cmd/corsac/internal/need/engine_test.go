package need_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/need"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/origin"
)

var anonymous = "anonymous"

// requests are the requests to the engine for each use. For uses without a
// destination in the engine, it is the mode that matters.
var requests = map[need.Use]fetch.Request{
	need.Fetch: {}, need.XHR: {Options: fetch.Options{Destination: fetch.DestinationXHR}}, need.EventSource: {Options: fetch.Options{Destination: fetch.DestinationEventSource}},
	need.WebSocket: {Options: fetch.Options{Destination: fetch.DestinationWebSocket}}, need.Image: {Options: fetch.Options{Destination: fetch.DestinationImage}},
	need.Media: {Options: fetch.Options{Destination: fetch.DestinationImage}}, need.Script: {Options: fetch.Options{Destination: fetch.DestinationScript}},
	need.Style: {Options: fetch.Options{Destination: fetch.DestinationStyle}}, need.Canvas: {Options: fetch.Options{Destination: fetch.DestinationImage, CrossOrigin: &anonymous}},
	need.Track: {Options: fetch.Options{Mode: fetch.ModeCORS}}, need.Module: {Options: fetch.Options{Destination: fetch.DestinationModule}}, need.Font: {Options: fetch.Options{Destination: fetch.DestinationFont}},
	need.Manifest: {Options: fetch.Options{Mode: fetch.ModeCORS}}, need.Worker: {Options: fetch.Options{Mode: fetch.ModeSameOrigin}}, need.Beacon: {Method: "POST", Options: fetch.Options{Mode: fetch.ModeNoCORS}},
}

// navigations are the uses that the engine does not model.
var navigations = []need.Use{need.Frame, need.Form, need.Link, need.Server}

var pages = []struct {
	need   need.Question
	engine fetch.PageConfig
}{
	{need.Question{Page: "https://app.example.com"}, fetch.PageConfig{Origin: "https://app.example.com"}},
	{need.Question{Page: "http://app.example.com"}, fetch.PageConfig{Origin: "http://app.example.com"}},
	{need.Question{Page: "http://localhost:3000"}, fetch.PageConfig{Origin: "http://localhost:3000"}},
	{need.Question{Page: "http://192.168.1.5"}, fetch.PageConfig{Origin: "http://192.168.1.5"}},
	{need.Question{Page: "capacitor://localhost"}, fetch.PageConfig{Origin: "capacitor://localhost"}},
	{need.Question{Page: "null"}, fetch.PageConfig{Origin: "null"}},
	{need.Question{Page: "https://app.example.com", Sandboxed: true}, fetch.PageConfig{Origin: "null", URL: "https://app.example.com/"}},
	{need.Question{Page: "http://localhost:3000", Sandboxed: true}, fetch.PageConfig{Origin: "null", URL: "http://localhost:3000/"}},
}

var targets = []string{
	"https://app.example.com/x", "https://app.example.com:8443/x", "https://api.example.com/x", "https://other.example/x",
	"http://app.example.com/x", "http://api.example.com/x", "http://93.184.216.34/x", "http://[2606:2800::1]/x",
	"http://localhost:3000/x", "http://localhost:8080/x", "http://127.0.0.1:3000/x", "https://localhost:8080/x",
	"http://192.168.1.5/x", "https://192.168.1.5/x", "http://printer.local/x",
	"data:text/plain,x", "ftp://files.example.com/x", "file:///etc/passwd", "blob:https://other.example/uuid",
}

// serve answers every request, including preflights, with the given headers.
func serve(status int, headers ...fetch.Header) fetch.RoundTrip {
	return func(context.Context, *fetch.WireRequest) (*fetch.WireResponse, error) {
		return &fetch.WireResponse{Status: status, Headers: headers}, nil
	}
}

// TestAgreesWithEngine compares the answers with what the engine lets script
// get from a server without CORS, and from one that allows everything:
//
//   - yes: only the second works, and CORS is the reason;
//   - blocked: neither works;
//   - otherwise: both work.
func TestAgreesWithEngine(t *testing.T) {
	n := map[need.Verdict]int{}
	for i := range need.Uses {
		usage := &need.Uses[i]
		req, ok := requests[usage.Use]
		if !ok {
			if !slices.Contains(navigations, usage.Use) {
				t.Errorf("%s is not held against the engine", usage.Use)
			}
			continue
		}
		for _, page := range pages {
			for _, target := range targets {
				q := page.need
				q.Use, q.Target, req.URL = usage.Use, target, target
				compare(t, q, page.engine, req, n)
				if usage.Kind == need.Tag {
					q.CrossOrigin = true
					crossorigin := req
					crossorigin.CrossOrigin = &anonymous
					compare(t, q, page.engine, crossorigin, n)
				}
			}
		}
	}
	if n[need.Yes] < 100 || n[need.No] < 100 || n[need.But] < 100 {
		t.Errorf("compared %v, too few of one verdict", n)
	}
}

// types are the types that destinations insist on.
var types = map[fetch.Destination]string{
	fetch.DestinationEventSource: "text/event-stream", fetch.DestinationScript: "text/javascript", fetch.DestinationModule: "text/javascript",
	fetch.DestinationStyle: "text/css",
}

func compare(t *testing.T, q need.Question, pc fetch.PageConfig, req fetch.Request, n map[need.Verdict]int) {
	t.Helper()
	page, err := fetch.NewPage(pc)
	if err != nil {
		t.Fatal(err)
	}
	status := 200
	if q.Use == need.WebSocket {
		status = 101
		if !strings.HasPrefix(q.Target, "http") {
			return // need refuses the question
		}
	}
	a := ask(t, q)
	n[a.Verdict]++
	for _, profile := range []fetch.Profile{fetch.Chromium, fetch.Firefox, fetch.Safari, fetch.Standard} {
		if profile != fetch.Chromium && noted(a, "other browsers block") {
			continue
		}
		b := fetch.New(fetch.Config{Profile: profile})
		kind := fetch.Header{Name: "Content-Type", Value: cmp.Or(types[req.Destination], "text/plain")}
		bare := b.Fetch(t.Context(), page, &req, serve(status, kind))
		open := b.Fetch(t.Context(), page, &req, serve(status, kind, fetch.Header{Name: "Access-Control-Allow-Origin", Value: "*"}))
		wantBare, wantOpen := a.Need || a.Blocked, a.Blocked
		if (bare.Error != nil) != wantBare || (open.Error != nil) != wantOpen || a.Need && !bare.Error.CORS() {
			t.Errorf("%+v: %s by %s, but in %s a server without CORS is %s (%v) and one with it %s (%v)",
				q, a.Verdict, a.Rule, profile, bare.Result, bare.Error, open.Result, open.Error)
		}
		if q.Use == need.Fetch && a.Rule == "mixed-content" && bare.Error != nil && bare.Error.Reason != fetch.ReasonMixedContent {
			t.Errorf("%+v: %s, but in %s the reason is %q", q, a.Rule, profile, bare.Error.Reason)
		}
	}
}

func noted(a *need.Answer, part string) bool {
	return slices.ContainsFunc(a.Notes, func(note string) bool { return strings.Contains(note, part) })
}

// TestNotesAgreeWithEngine compares the notes that do not depend on the
// server's headers with the engine: on mixed content in other browsers, and on
// Local Network Access for a public page.
func TestNotesAgreeWithEngine(t *testing.T) {
	allow := serve(200, fetch.Header{Name: "Access-Control-Allow-Origin", Value: "*"})
	for _, page := range pages {
		for _, target := range targets {
			q := page.need
			q.Target = target
			a := ask(t, q)
			if !strings.HasPrefix(target, "http") || a.Blocked || q.Page == "null" || strings.HasPrefix(q.Page, "capacitor") {
				continue
			}
			result := func(profile fetch.Profile, public bool) fetch.Code {
				pc := page.engine
				if public && !strings.Contains(pc.Origin+pc.URL, "localhost") && !strings.Contains(pc.Origin, "192.168") {
					pc.AddressSpace = origin.SpacePublic
				}
				p, err := fetch.NewPage(pc)
				if err != nil {
					t.Fatal(err)
				}
				o := fetch.New(fetch.Config{Profile: profile}).Fetch(t.Context(), p, &fetch.Request{URL: target}, allow)
				if o.Error == nil {
					return ""
				}
				return o.Error.Code + fetch.Code(o.Error.Reason)
			}
			if got := result(fetch.Firefox, false) != ""; got != noted(a, "other browsers block") {
				t.Errorf("%+v: notes %q, but Firefox blocks: %t", q, a.Notes, got)
			}
			code := result(fetch.Chromium, true)
			if noted(a, "Chrome asks") != (code == fetch.CodeLocalNetworkAccessPermissionDenied) || noted(a, "Chrome refuses") != (code == fetch.CodeInsecureLocalNetwork) {
				t.Errorf("%+v: notes %q, but Chromium says %q to a public page", q, a.Notes, code)
			}
		}
	}
}
