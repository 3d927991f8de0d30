package har_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/fetch"
)

var start = time.Date(2026, 11, 28, 19, 4, 5, 678_900_000, time.FixedZone("", 3600))

// recordOf returns a record of a page's request. headers are name, value, name,
// value.
func recordOf(method, url string, status int, headers ...string) *har.Record {
	r := &har.Record{Protocol: "HTTP/1.1", Start: start, Wait: 1500 * time.Microsecond, Receive: 250 * time.Microsecond, RequestBytes: -1, ResponseBytes: 11}
	r.Method, r.URL, r.Status = method, url, status
	for i := 0; i < len(headers); i += 2 {
		r.Headers = append(r.Headers, fetch.Header{Name: headers[i], Value: headers[i+1]})
	}
	return r
}

func write(t *testing.T, records ...*har.Record) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := har.Write(&b, "v1.2.3", slices.Values(records)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// samples returns records of all kinds.
func samples() []*har.Record {
	answered := recordOf("GET", "https://api.example/x?a=1&b=%2F+x&c&=d&e=%zz+#f", 200, "Host", "api.example", "Origin", "https://app.example",
		"Cookie", "a=b; c=d=e; f", "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0")
	answered.ResponseHeaders = fetch.Headers{
		{Name: "Access-Control-Allow-Origin", Value: "*"},
		{Name: "Content-Type", Value: "text/plain"},
		{Name: "Location", Value: "/y"},
		{Name: "Set-Cookie", Value: "id=1; Path=/; Domain=api.example; Expires=Sat, 28 Nov 2026 20:00:00 GMT; HttpOnly; Secure"},
		{Name: "Set-Cookie", Value: "\x01"},
	}
	answered.Comment = "a comment"
	failed := recordOf("PUT", "https://api.example/x", 0, "Origin", "https://other.example")
	failed.Err = &fetch.NetError{Code: fetch.CodeEmptyResponse}
	odd := recordOf("GET", "https://api.example/x", 0)
	odd.Err, odd.ResponseBytes = errors.New("out of order"), -1
	return []*har.Record{answered, failed, odd, recordOf("GET", "https://api.example/x", 299, "Origin", "null", "X", "1")}
}

// The objects of HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/): the
// required members and, after "|", the optional ones.
var spec = map[string]string{
	"log":      `version:"1.2" creator:creator entries:[entry | pages:[page browser:creator comment:string`,
	"creator":  `name:string version:string | comment:string`,
	"page":     `startedDateTime:time id:string title:string pageTimings:pageTimings | comment:string`,
	"entry":    `startedDateTime:time time:number request:request response:response cache:cache timings:timings | pageref:string serverIPAddress:string connection:string comment:string`,
	"request":  `method:string url:string httpVersion:string cookies:[cookie headers:[pair queryString:[pair headersSize:size bodySize:size | comment:string`,
	"response": `status:number statusText:string httpVersion:string cookies:[cookie headers:[pair content:content redirectURL:string headersSize:size bodySize:size | comment:string`,
	"cookie":   `name:string value:string | path:string domain:string expires:time httpOnly:bool secure:bool comment:string`,
	"pair":     `name:string value:string | comment:string`,
	"content":  `size:number mimeType:string | compression:number text:string encoding:string comment:string`,
	"timings":  `send:number wait:number receive:number | blocked:size dns:size connect:size ssl:size comment:string`,
	"cache":    `|`, "pageTimings": `|`,
}

// checkSpec checks v against a word of spec.
func checkSpec(t *testing.T, path, kind string, v any) {
	t.Helper()
	ok := true
	switch kind {
	case "string":
		_, ok = v.(string)
	case `"1.2"`:
		ok = v == "1.2"
	case "bool":
		_, ok = v.(bool)
	case "number", "size":
		n, isNumber := v.(float64)
		ok = isNumber && (n >= 0 || n == -1 && kind == "size")
	case "time":
		s, _ := v.(string)
		_, err := time.Parse(time.RFC3339, s)
		ok = err == nil
	default:
		if element, isList := strings.CutPrefix(kind, "["); isList {
			list, isList := v.([]any)
			for _, e := range list {
				checkSpec(t, path+"[]", element, e)
			}
			ok = isList
		} else {
			checkObject(t, path, spec[kind], v)
		}
	}
	if !ok {
		t.Errorf("%s is %v, want %s", path, v, kind)
	}
}

func checkObject(t *testing.T, path, members string, v any) {
	t.Helper()
	object, ok := v.(map[string]any)
	if !ok {
		t.Errorf("%s is %v, want an object", path, v)
	}
	known := map[string]bool{"_error": true}
	optional := false
	for word := range strings.FieldsSeq(members) {
		name, kind, _ := strings.Cut(word, ":")
		if name == "|" {
			optional = true
			continue
		}
		known[name] = true
		if member, ok := object[name]; ok {
			checkSpec(t, path+"."+name, kind, member)
		} else if !optional {
			t.Errorf("%s has no %s", path, name)
		}
	}
	for name := range object {
		if !known[name] {
			t.Errorf("%s has a member %s", path, name)
		}
	}
}

// TestWrite checks a file against HAR 1.2.
func TestWrite(t *testing.T) {
	for _, records := range [][]*har.Record{nil, samples()} {
		text := write(t, records...)
		var file map[string]any
		if err := json.Unmarshal(text, &file); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		checkSpec(t, "log", "log", file["log"])
		entries, _ := file["log"].(map[string]any)["entries"].([]any)
		if len(entries) != len(records) {
			t.Fatalf("%d entries of %d", len(entries), len(records))
		}
		for i, e := range entries {
			entry, sum := e.(map[string]any), 0.0
			for _, ms := range entry["timings"].(map[string]any) {
				sum += max(ms.(float64), 0)
			}
			if math.Abs(sum-entry["time"].(float64)) > 0.001 || entry["startedDateTime"] != "2026-11-28T18:04:05.678Z" {
				t.Errorf("entry %d: %v ms, the timings are %v; started %v", i, entry["time"], sum, entry["startedDateTime"])
			}
		}
	}
}

// TestWriteMembers checks that HAR's own members are used where they exist.
func TestWriteMembers(t *testing.T) {
	text := string(write(t, samples()...))
	for _, want := range []string{
		`"creator": {"name":"corsac","version":"v1.2.3"}`,
		`"browser": {"name":"Firefox","version":"150.0"}`,
		`"queryString":[{"name":"a","value":"1"},{"name":"b","value":"/ x"},{"name":"c","value":""},{"name":"","value":"d"},{"name":"e","value":"%zz+"}]`,
		`"cookies":[{"name":"a","value":"b"},{"name":"c","value":"d=e"}]`,
		`"cookies":[{"name":"id","value":"1","path":"/","domain":"api.example","expires":"2026-11-28T20:00:00Z","httpOnly":true,"secure":true}]`,
		`"status":200,"statusText":"OK"`, `"content":{"size":11,"mimeType":"text/plain"},"redirectURL":"/y","headersSize":-1,"bodySize":11}`,
		`"_error":"net::ERR_EMPTY_RESPONSE"`, `"_error":"out of order"`, `"comment":"a comment"`,
		`{"pageref":"page_1","startedDateTime":`, `{"pageref":"page_2","startedDateTime":`,
		`"pages": [{"startedDateTime":"2026-11-28T18:04:05.678Z","id":"page_1","title":"https://app.example","pageTimings":{}},{"startedDateTime":"2026-11-28T18:04:05.678Z","id":"page_2","title":"https://other.example","pageTimings":{}}]`,
	} {
		if !strings.Contains(strings.ReplaceAll(text, "\n", ""), want) {
			t.Errorf("%s is missing:\n%s", want, text)
		}
	}
	if n := strings.Count(text, `"pageref"`); n != 2 {
		t.Errorf("%d entries have a page, want those of the two", n)
	}
}

// TestWriteRead checks that Read returns what was written, to the last byte.
func TestWriteRead(t *testing.T) {
	records := samples()
	var all []byte
	for b := range 256 {
		all = append(all, byte(b))
	}
	for _, value := range []string{string(all), "é", "\xe9", "→", "→\xe9", "\ufffd", "<&>\u2028", ""} {
		records = append(records, recordOf("GET", "https://api.example/", 200, "Origin", "https://app.example", "X", value))
	}
	log, err := har.Read(bytes.NewReader(write(t, records...)))
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range log.Entries {
		want := records[i].Recorded
		failure := ""
		if want.Err != nil {
			failure = []string{"", "net::ERR_EMPTY_RESPONSE", "out of order"}[i]
		}
		if !same(e.Recorded, want) || e.Failure != failure {
			t.Errorf("%+v is read as %+v, %s", want, e.Recorded, e.Failure)
		}
	}
	if len(log.Entries) != len(records) || log.Profile() != fetch.Firefox {
		t.Errorf("%d entries of %s", len(log.Entries), log.Profile())
	}
}

// same compares two exchanges, except for their errors; nil headers equal empty
// ones.
func same(a, b fetch.Recorded) bool {
	return a.Method == b.Method && a.URL == b.URL && a.Status == b.Status &&
		slices.Equal(a.Headers, b.Headers) && slices.Equal(a.ResponseHeaders, b.ResponseHeaders)
}

// TestWriteBrowser checks that a file of several browsers, or of none, names no
// browser.
func TestWriteBrowser(t *testing.T) {
	const (
		firefox  = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
		chromium = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36"
		safari   = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"
	)
	for _, c := range []struct {
		origin string
		agents []string
		want   string
	}{
		{"https://app.example", []string{firefox, firefox}, `{"name":"Firefox","version":"150.0"}`},
		{"https://app.example", []string{chromium, "curl/8", ""}, `{"name":"Chrome","version":"156.0.0.0"}`},
		{"https://app.example", []string{safari}, `{"name":"Safari","version":"26.0"}`},
		{"https://app.example", []string{safari, firefox, safari}, ""},
		{"https://app.example", []string{"curl/8"}, ""},
		{"null", []string{firefox}, ""}, // not known to be a page
	} {
		var records []*har.Record
		for _, agent := range c.agents {
			records = append(records, recordOf("GET", "https://api.example/", 200, "Origin", c.origin, "User-Agent", agent))
		}
		_, got, _ := strings.Cut(string(write(t, records...)), `"browser": `)
		if got, _, _ = strings.Cut(got, "\n"); got != c.want {
			t.Errorf("%q: %s, want %s", c.agents, got, c.want)
		}
	}
}

// TestWriteStops checks that an error of the writer stops Write and is
// returned.
func TestWriteStops(t *testing.T) {
	full := errors.New("full")
	reader, writer := io.Pipe()
	_ = reader.CloseWithError(full)
	n := 0
	err := har.Write(writer, "", func(yield func(*har.Record) bool) {
		for range 1_000_000 {
			if n++; !yield(samples()[0]) {
				return
			}
		}
	})
	if !errors.Is(err, full) || n > 100 {
		t.Errorf("%v after %d records", err, n)
	}
}

// FuzzWrite checks that whatever is written is JSON, and that Read returns it.
func FuzzWrite(f *testing.F) {
	f.Add("X-A", "\xff→", "https://api.example/?a=%zz&b", "Firefox/\"", 200)
	f.Add("Cookie", "a=\x00; =;", "\xff", "Version/ Safari/", -1)
	f.Add("Referer", "https://app.example/\"", "ws://x", "", 304)
	f.Fuzz(func(t *testing.T, name, value, url, agent string, status int) {
		r := recordOf("GET", url, status, "User-Agent", agent, name, value)
		r.ResponseHeaders = fetch.Headers{{Name: "Set-Cookie", Value: value}, {Name: "Content-Type", Value: value}, {Name: "Location", Value: url}}
		text := write(t, r, r)
		if !json.Valid(text) {
			t.Fatalf("not JSON: %s", text)
		}
		log, err := har.Read(bytes.NewReader(text))
		if err != nil && len(name)+len(value) < 2000 {
			t.Fatal(err)
		}
		if err != nil {
			return
		}
		got := log.Entries[1]
		want := fetch.Headers{{Name: "User-Agent", Value: agent}}
		if name != "" {
			want = append(want, fetch.Header{Name: name, Value: value})
		}
		if !reflect.DeepEqual(got.Headers, want) || len(got.ResponseHeaders) != 3 || got.ResponseHeaders[0].Value != value {
			t.Fatalf("%q is read as %q, %q", want, got.Headers, got.ResponseHeaders)
		}
		if utf8.ValidString(url) && got.URL != url {
			t.Fatalf("%q is read as %q", url, got.URL)
		}
	})
}
