package har_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/fetch"
)

// truth is what a page knows about a request that it made.
type truth struct {
	Name, URL, Method, Mode, Credentials, Kind, Saw string
	CORSError                                       string `json:"cors_error"`
	Console                                         []string
}

func read(t *testing.T, name string) *har.Log {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	log, err := har.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// TestBrowsers checks that files saved by the developer tools of browsers are
// decided as the browser decided, down to Chromium's message.
func TestBrowsers(t *testing.T) {
	for _, c := range []struct {
		file, truth     string
		profile         fetch.Profile
		judged, unknown int
	}{
		{"chromium.har", "chromium.json", fetch.Chromium, 39, 0},
		{"chromium-sensitive.har", "chromium.json", fetch.Chromium, 4, 0},
		{"firefox.har", "firefox.json", fetch.Firefox, 39, 0},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", c.truth))
		if err != nil {
			t.Fatal(err)
		}
		var truths []truth
		if err := json.Unmarshal(data, &truths); err != nil {
			t.Fatal(err)
		}
		found, counts := read(t, c.file).Conversations("")
		judged, unknown := 0, 0
		for _, conv := range found {
			i := slices.IndexFunc(truths, func(w truth) bool { return withoutQuery(w.URL) == withoutQuery(conv.Entry.URL) })
			switch {
			case i < 0:
				t.Errorf("%s: nobody made %s", c.file, conv.Entry.URL)
			case conv.Unknown != "":
				unknown++
			default:
				judged++
				checkConversation(t, c.profile, conv, &truths[i])
			}
		}
		if judged != c.judged || unknown != c.unknown {
			t.Errorf("%s: %d judged, %d unknown, %+v", c.file, judged, unknown, counts)
		}
	}
}

func checkConversation(t *testing.T, p fetch.Profile, conv *har.Conversation, w *truth) {
	t.Helper()
	if w.Credentials == "include" && conv.Request.Destination == fetch.DestinationFetch && conv.Request.Mode != fetch.ModeNoCORS {
		if conv.Entry.Headers.Get("Cookie") != "" && conv.Request.Credentials != fetch.CredentialsInclude {
			t.Errorf("%s: credentials %q, with a cookie", w.URL, conv.Request.Credentials)
		}
		conv.Request.Credentials = fetch.CredentialsInclude // files without cookies do not show it
	} else if w.Credentials == "omit" || w.Credentials == "same-origin" {
		if conv.Request.Credentials == fetch.CredentialsInclude {
			t.Errorf("%s: credentials %q, for %q", w.URL, conv.Request.Credentials, w.Credentials)
		}
	}
	page, err := fetch.NewPage(conv.Page)
	if err != nil {
		t.Fatal(err)
	}
	o := fetch.New(fetch.Config{Profile: p}).Replay(page, conv.Request, &conv.Recording)
	saw := string(o.Result)
	if o.Result == fetch.Failed {
		saw = "blocked"
	}
	if saw != w.Saw || o.Request.Method != w.Method {
		t.Errorf("%s: %s, %s saw %s; %+v", w.URL, saw, p, w.Saw, o.Error)
	}
	if w.CORSError == "" {
		return
	}
	if o.Error == nil || string(o.Error.Code) != w.CORSError || o.Error.Console(fetch.Chromium) != w.Console[0] {
		t.Errorf("%s:\n%v\nChromium\n%s %s", w.URL, o.Error, w.CORSError, w.Console[0])
	}
}

// withoutQuery returns a URL without the query, which script and browser write
// differently.
func withoutQuery(url string) string {
	url, _, _ = strings.Cut(url, "?")
	return url
}

const head = `{"log": {"version": "1.2", "creator": {"name": "x", "deep": [{}, [1]]}, "entries": [`

// file returns a HAR file with these entries.
func file(entries ...string) string {
	return head + strings.Join(entries, ",") + `], "pages": [{"id": "p", "title": "https://app.example/p"}, {"id": "q", "title": "A title"}]}}`
}

func entry(request, status, response string) string {
	return `{"pageref": "p", "request": {` + request + `}, "response": {"status": ` + status + `, "headers": [` + response + `]}}`
}

const (
	get    = `"method": "GET", "url": "https://api.example/x", "headers": [{"name": "Origin", "value": "https://app.example"}]`
	put    = `"method": "PUT", "url": "https://api.example/x#f", "headers": [{"name": "origin", "value": "https://app.example"}, {"name": "Host", "value": "api.example"}]`
	ask    = `"method": "OPTIONS", "url": "https://api.example/x", "headers": [{"name": "Origin", "value": "https://app.example"}, {"name": "Access-Control-Request-Method", "value": "PUT"}, {"name": "Access-Control-Request-Headers", "value": "authorization,content-type"}]`
	allows = `{"name": "Access-Control-Allow-Origin", "value": "https://app.example"}, {"name": "Access-Control-Allow-Methods", "value": "PUT"}`
)

func TestConversations(t *testing.T) {
	headers := allows + `, {"name": "Access-Control-Allow-Headers", "value": "authorization, content-type"}`
	hold(t, []row{
		{"one", file(entry(get, "200", allows)), "", "1 allowed"},
		{"no page", file(strings.Replace(entry(`"method": "GET", "url": "https://api.example/x", "headers": []`, "200", allows), `"p"`, `"q"`, 1)), "", "-1"},
		{"the page from outside", file(strings.Replace(entry(`"method": "GET", "url": "https://api.example/x", "headers": []`, "200", allows), `"p"`, `"q"`, 1)), "https://app.example", "1 allowed"},
		{"the page by its title", file(entry(`"method": "GET", "url": "https://api.example/x"`, "200", allows)), "", "1 allowed"},
		{"preflight before", file(entry(ask, "204", headers), entry(put, "200", allows)), "", "2 allowed noted"},
		{"preflight after", file(entry(put, "200", allows), entry(ask, "204", headers)), "", "1 allowed noted"},
		{"preflight refused", file(entry(put, "0", ""), entry(ask, "204", allows)), "", "1 blocked HeaderDisallowedByPreflightResponse noted"},
		{"preflight alone", file(entry(ask, "403", "")), "", "1 blocked PreflightMissingAllowOriginHeader noted"},
		{"preflight left out", file(entry(put, "200", allows)), "", "1 allowed"},
		{"nearest", file(entry(put, "200", allows), entry(ask, "204", headers), entry(put, "200", allows), entry(ask, "403", "")), "", "1 allowed noted, 3 blocked PreflightMissingAllowOriginHeader noted"},
		{"no answer", file(entry(put, "0", "")), "", "1 error net::ERR_FAILED"},
		{"network", file(strings.Replace(entry(put, "0", ""), `"status"`, `"_error": "net::ERR_CONNECTION_RESET", "status"`, 1)), "", "1 error net::ERR_CONNECTION_RESET"},
		{"a body that breaks off", file(strings.Replace(entry(get, "200", allows), `"status"`, `"_error": "net::ERR_CONTENT_LENGTH_MISMATCH", "status"`, 1)), "", "1 error net::ERR_CONTENT_LENGTH_MISMATCH"},
		{"not modified", file(entry(get, "304", "")), "", "1 unknown"},
		{"not modified, with headers", file(entry(get, "304", allows)), "", "1 allowed"},
		{"same origin", file(entry(strings.ReplaceAll(get, "api.example", "app.example"), "200", "")), "", "-1"},
		{"data", file(entry(`"method": "GET", "url": "data:,x"`, "200", "")), "", "-1"},
		{"document", file(entry(`"method": "GET", "url": "https://api.example/", "headers": [{"name": "Sec-Fetch-Mode", "value": "navigate"}]`, "200", "")), "", "-1"},
		{"redirect", file(entry(get, "302", allows+`, {"name": "Location", "value": "/y"}`), entry(strings.Replace(get, "/x", "/y", 1), "200", "")), "", "1 blocked MissingAllowOriginHeader"},
		{"redirect to elsewhere", file(entry(get, "302", allows+`, {"name": "Location", "value": "/y"}`)), "", "1 error net::ERR_FAILED"},
		{"a loop", file(strings.Split(strings.Repeat(entry(get, "302", allows+`, {"name": "Location", "value": "/x"}`)+"\n", 22), "\n")[:22]...), "", "1 blocked net::ERR_TOO_MANY_REDIRECTS, 22 error net::ERR_FAILED"},
	})
}

// decide describes in a few words what Chromium does in a conversation.
func decide(t *testing.T, conv *har.Conversation) string {
	t.Helper()
	page, err := fetch.NewPage(conv.Page)
	if err != nil {
		t.Fatal(err)
	}
	words := []string{strconv.Itoa(conv.Entry.Number)}
	if conv.Unknown != "" {
		return words[0] + " unknown"
	}
	o := fetch.New(fetch.Config{}).Replay(page, conv.Request, &conv.Recording)
	if words = append(words, string(o.Result)); o.Error != nil {
		words = append(words, string(o.Error.Code))
	}
	if len(conv.Notes) > 0 {
		words = append(words, "noted")
	}
	return strings.Join(words, " ")
}

// FuzzRead checks that every entry of any file is counted once, and that every
// conversation can be decided.
func FuzzRead(f *testing.F) {
	f.Add(file(entry(put, "200", allows), entry(ask, "204", allows)))
	f.Add(file(entry(get, "302", allows+`, {"name": "Location", "value": "/y"}`), entry(strings.Replace(get, "/x", "/y", 1), "200", "")))
	f.Add(file(entry(`"method": "GET", "url": "ws://api.example/", "headers": [{"name": "Upgrade", "value": "websocket"}]`, "101", "")))
	f.Fuzz(func(t *testing.T, text string) {
		log, err := har.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		found, counts := log.Conversations("https://app.example")
		n := counts.SameOrigin + counts.Documents + counts.Local + counts.NoPage
		last := 0
		for _, conv := range found {
			if conv.Entry.Number <= last {
				t.Fatalf("entry %d after %d", conv.Entry.Number, last)
			}
			last = conv.Entry.Number
			page, err := fetch.NewPage(conv.Page)
			if err != nil {
				continue
			}
			if o := fetch.New(fetch.Config{}).Replay(page, conv.Request, &conv.Recording); o.Result == "" {
				t.Fatal("no result")
			}
		}
		if len(found)+n > len(log.Entries) {
			t.Fatalf("%d conversations and %d others of %d entries", len(found), n, len(log.Entries))
		}
	})
}
