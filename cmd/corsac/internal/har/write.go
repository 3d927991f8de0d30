package har

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
	"github.com/corsac-dev/corsac/internal/visible"
)

// Record is an exchange to write: what was seen on the wire, and when.
type Record struct {
	fetch.Recorded

	// Protocol is the version of HTTP, such as "HTTP/1.1".
	Protocol string
	// Start is when the request arrived. Wait is the time until the head of the
	// response, and Receive the time for the rest.
	Start         time.Time
	Wait, Receive time.Duration
	// RequestBytes and ResponseBytes are the lengths of the bodies; -1 if
	// unknown.
	RequestBytes, ResponseBytes int64
	// Content is the body of the response; nil if it is not known.
	Content []byte
	// Comment is for people to read.
	Comment string
}

// maxPages bounds the pages of a file. Requests of further pages are written
// without a page.
const maxPages = 1000

// Write writes a HAR file of records, in order. version is corsac's version. It
// keeps only the origins of pages in memory. Bodies that are not
// UTF-8 are in Base64. Its cookies are those of the header lines. The error is that of w.
func Write(w io.Writer, version string, records iter.Seq[*Record]) error {
	f := file{Writer: bufio.NewWriter(w), pages: []page{}, pageIDs: map[string]string{}}
	f.json = json.NewEncoder(visible.JSON(f.Writer))
	f.json.SetEscapeHTML(false)
	_ = f.put(`{"log": {"version": "1.2", "creator": `, program{"corsac", version})
	_ = f.put(`, "entries": [`, nil)
	between := "\n"
	for r := range records {
		if err := f.put(between, f.entry(r)); err != nil {
			return err
		}
		between = ","
	}
	_ = f.put(`], "pages": `, f.pages)
	if f.browser.Name != "" && !f.severalBrowsers {
		_ = f.put(`, "browser": `, f.browser)
	}
	_ = f.put("}}\n", nil)
	return f.Flush()
}

// file is a HAR file that is being written. The bufio.Writer keeps an error
// until Flush.
type file struct {
	*bufio.Writer

	json            *json.Encoder
	pages           []page
	pageIDs         map[string]string // by origin
	browser         program
	severalBrowsers bool
}

// put writes text, and v as JSON unless it is nil.
func (f *file) put(text string, v any) error {
	_, err := f.WriteString(text)
	if v != nil && err == nil {
		err = f.json.Encode(v)
	}
	return err
}

// entry returns the entry for a record.
func (f *file) entry(r *Record) entry {
	status, headers := r.Status, r.ResponseHeaders
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return entry{
		Pageref:         f.pageOf(r),
		StartedDateTime: timestamp(r.Start),
		Time:            ms(r.Wait) + ms(r.Receive),
		Request: request{
			Method: r.Method, URL: r.URL, HTTPVersion: r.Protocol,
			Cookies: requestCookies(r.Headers), Headers: pairs(r.Headers), QueryString: queryOf(r.URL),
			HeadersSize: -1, BodySize: r.RequestBytes,
		},
		Response: response{
			Status: status, StatusText: http.StatusText(status), HTTPVersion: r.Protocol,
			Cookies: responseCookies(headers), Headers: pairs(headers),
			Content:     contentOf(r),
			RedirectURL: bytestr.Decode(headers.Get("Location")),
			HeadersSize: -1, BodySize: r.ResponseBytes,
			Error: failureOf(r.Err),
		},
		Timings: timings{Blocked: -1, DNS: -1, Connect: -1, Wait: ms(r.Wait), Receive: ms(r.Receive), SSL: -1},
		Comment: r.Comment,
	}
}

// contentOf returns the body of a response.
func contentOf(r *Record) content {
	c := content{Size: max(r.ResponseBytes, 0), MimeType: mimeType(r.ResponseHeaders)}
	if utf8.Valid(r.Content) {
		c.Text = string(r.Content)
	} else {
		c.Text, c.Encoding = base64.StdEncoding.EncodeToString(r.Content), "base64"
	}
	return c
}

// pageOf returns the ID of the page that made a request, or "" if it is
// unknown. The title of a page is its origin; in Chromium's files it is a URL.
func (f *file) pageOf(r *Record) string {
	p, _, ok := fetch.InferRequest(&r.Recorded)
	if !ok || p.Origin == "null" {
		return ""
	}
	f.sawBrowser(browserOf(r.Headers.Get("User-Agent")))
	id, ok := f.pageIDs[p.Origin]
	if !ok && len(f.pages) < maxPages {
		id = "page_" + strconv.Itoa(len(f.pages)+1)
		f.pageIDs[p.Origin] = id
		f.pages = append(f.pages, page{StartedDateTime: timestamp(r.Start), ID: id, Title: p.Origin})
	}
	return id
}

// sawBrowser records the browser of a page. A file names at most one.
func (f *file) sawBrowser(b program) {
	switch {
	case b.Name == "":
	case f.browser.Name == "":
		f.browser = b
	case f.browser != b:
		f.severalBrowsers = true
	}
}

func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
