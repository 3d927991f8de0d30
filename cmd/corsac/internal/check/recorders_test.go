package check_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/fetch"
)

// replayed describes what is decided about each conversation of a HAR file, with the
// last note.
func replayed(t *testing.T, text string) (list []string) {
	t.Helper()
	log, err := har.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	found, _ := log.Conversations("")
	checker := check.New(check.Options{Profiles: []fetch.Profile{log.Profile()}})
	for _, x := range found {
		v, unknown := checker.Replay(x, nil)
		if v == nil {
			list = append(list, fmt.Sprintf("%d unknown: %s", x.Entry.Number, unknown))
			continue
		}
		line := fmt.Sprintf("%d %s", x.Entry.Number, v.Result)
		if v.Error != nil {
			line += " " + v.Error.Code
		}
		if n := len(v.Notes); n > 0 && v.Result == fetch.Failed {
			line += " (" + v.Notes[n-1] + ")"
		}
		list = append(list, line)
	}
	return list
}

// TestRecordings checks that what Playwright and chrome-har record of one page is
// decided as Chromium did. Playwright has no preflights, and no responses of requests
// that failed; chrome-har leaves those requests out.
func TestRecordings(t *testing.T) {
	t.Parallel()
	failed := " (the file has only the name net::ERR_FAILED, which Chromium gives to everything that CORS refuses)"
	assumed := " (a preflight is not in the file; it is assumed to have allowed the request)"
	for name, want := range map[string][]string{
		"playwright.har": {
			"3 allowed", "4 allowed", "5 error net::ERR_FAILED" + failed, "6 error net::ERR_FAILED" + failed, "7 error net::ERR_EMPTY_RESPONSE",
			"8 error net::ERR_CONTENT_LENGTH_MISMATCH", "9 error net::ERR_FAILED" + failed, "10 blocked net::ERR_UNSAFE_PORT",
			"11 error net::ERR_CONNECTION_REFUSED", "12 error net::ERR_NAME_NOT_RESOLVED",
			"13 error net::ERR_ABORTED (the file has the name net::ERR_ABORTED: script cancelled the request, or the page was left)",
		},
		"chrome-har.har": {"4 allowed", "6 allowed", "7 blocked PreflightMissingAllowOriginHeader"},
	} {
		text, err := os.ReadFile(filepath.Join("..", "har", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		got := replayed(t, string(text))
		for i := range got {
			got[i] = strings.Replace(got[i], assumed, "", 1)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestRecorders checks the forms in which programs record that a request failed.
func TestRecorders(t *testing.T) {
	t.Parallel()
	const (
		asks   = `{"name": "Origin", "value": "https://app.example"}`
		allows = `{"name": "Access-Control-Allow-Origin", "value": "https://app.example"}`
	)
	request := func(headers ...string) string {
		return `"request": {"method": "GET", "url": "https://api.example/x", "headers": [` + strings.Join(headers, ", ") + `]}`
	}
	for _, c := range []struct{ name, entry, want string }{
		{"Chrome, refused", request(asks) + `, "response": {"status": 0, "headers": [], "_error": "net::ERR_FAILED"}`, "1 error net::ERR_FAILED (the file has only the name"},
		{"Chrome, refused for what is not in the file", request(asks) + `, "response": {"status": 200, "headers": [` + allows + `, {"name": "Access-Control-Allow-Credentials", "value": "true"}], "_error": "net::ERR_FAILED"}`, "1 error net::ERR_FAILED (the file has only the name"},
		{"Chrome, an extension", request(asks) + `, "response": {"status": 0, "headers": [], "_error": "net::ERR_BLOCKED_BY_CLIENT"}`, "1 error net::ERR_BLOCKED_BY_CLIENT (the file has the name net::ERR_BLOCKED_BY_CLIENT: an extension"},
		{"Chrome, whose body nobody reads", request(asks) + `, "response": {"status": 200, "headers": [` + allows + `], "_error": "net::ERR_ABORTED"}`, "1 allowed"},
		{"Firefox", request(asks) + `, "response": {"status": 0, "headers": []}`, "1 error net::ERR_FAILED (the file has no response"},
		{"Playwright", request(asks) + `, "response": {"status": -1, "headers": [], "_failureText": "net::ERR_CONNECTION_REFUSED"}`, "1 error net::ERR_CONNECTION_REFUSED"},
		{"mitmproxy", request(asks) + `, "response": {"status": 0, "headers": [], "_transferSize": 0, "_error": "Client disconnected."}`, "1 error net::ERR_FAILED (the program that wrote the file says: Client disconnected.)"},
		{"mitmproxy, without an error", request(asks) + `, "response": {"status": 0, "headers": [], "_error": null}`, "1 error net::ERR_FAILED (the file has no response"},
		{"Charles", request(asks, `{"name": ":authority", "value": "api.example"}`) + `, "response": {"_charlesStatus": "COMPLETE", "status": 200, "statusText": null, "headers": [{"name": ":status", "value": "200"}, ` + allows + `]}`, "1 allowed"},
		{"Charles, failed", request(asks) + `, "response": {"_charlesStatus": "EXCEPTION", "status": 0, "headers": []}`, "1 error net::ERR_FAILED (the program that wrote the file says: EXCEPTION)"},
		{"Charles, broken off", request(asks) + `, "response": {"_charlesStatus": "EXCEPTION", "status": 200, "headers": [` + allows + `]}`, "1 error net::ERR_FAILED (the program that wrote the file says: EXCEPTION)"},
		{"Fiddler, which answers itself", request(asks) + `, "response": {"status": 502, "statusText": "Fiddler - Connection Failed", "headers": [{"name": "Connection", "value": "close"}]}`, "1 blocked MissingAllowOriginHeader"},
		{"Fiddler, aborted", request(asks) + `, "response": {"status": 0, "statusText": "", "headers": []}`, "1 error net::ERR_FAILED (the file has no response"},
		{"doubled headers of a request", request(asks, asks, `{"name": "origin", "value": "https://app.example"}`) + `, "response": {"status": 200, "headers": [` + allows + `]}`, "1 allowed"},
		{"a doubled header of a response", request(asks) + `, "response": {"status": 200, "headers": [` + allows + `, ` + allows + `]}`, "1 blocked MultipleAllowOriginValues"},
		{"failed, of an unknown page", request() + `, "response": {"status": -1, "headers": [], "_failureText": "net::ERR_FAILED"}`, "1 unknown: it failed, and the file does not say which page made it"},
		{"the page by its document", `"_resourceType": "document", "pageref": "p", "request": {"method": "GET", "url": "https://app.example/", "headers": []}, "response": {"status": 200, "headers": []}}, {"pageref": "p", ` + request() + `, "response": {"status": -1, "headers": [], "_failureText": "net::ERR_FAILED"}`, "2 error net::ERR_FAILED (the file has only"},
	} {
		got := replayed(t, `{"log": {"version": "1.2", "creator": {"name": "x"}, "pages": [{"id": "p", "title": ""}], "entries": [{`+c.entry+`}]}}`)
		if len(got) != 1 || !strings.HasPrefix(got[0], c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
