// Package paste reads requests that people copy out of a browser's developer tools, or write
// themselves: curl commands and calls of fetch.
//
//   - Nothing is run, no file is read and no variable of the environment is looked up: what a paste
//     does not say itself is an error that says what to write.
//   - What the browser put into the request is taken away again: a request is what script asked for.
//   - It is pure: no I/O, no clock. Texts are at most [MaxInput] long, and no input makes it panic.
package paste

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/corsac-dev/corsac/fetch"
)

// MaxInput is how long a paste may be, in bytes.
const MaxInput = 8 << 20

// maxRequests is how many requests a paste may hold: "Copy all" copies whole page loads. maxCommands is
// how many commands, other than curl included.
const (
	maxRequests = 10_000
	maxCommands = 2 * maxRequests
)

var errTooMany = &Error{Problem: fmt.Sprintf("the paste has more than %d requests", maxRequests), Hint: "copy fewer"}

// Format is the form of a paste.
type Format string

// The formats. Curl is for a POSIX shell or for cmd.exe; which of them is told from its quotes.
const (
	Auto  Format = "auto"
	Curl  Format = "curl"
	Fetch Format = "fetch"
)

// Request is a request that was copied.
type Request struct {
	// Script is what script asked for.
	Script *fetch.Request
	// Body are the bytes of its body, if it has one.
	Body []byte
	// Page is the page that script is on. Its origin and URL are empty if the paste does not tell.
	Page fetch.PageConfig
	// Cookie is the Cookie header, and UserAgent what the browser calls itself; "" if not said.
	Cookie, UserAgent string
	// Insecure takes any certificate; ConnectTo and Resolve are curl's options of that name.
	Insecure           bool
	ConnectTo, Resolve []string

	// Preflight says that it was copied as a preflight: Script is the request that it asks about.
	Preflight bool
	// Navigation says that the browser loaded a document with it.
	Navigation bool
	// Notes say what was understood in another way than people may think.
	Notes []string
}

// Error says what cannot be read, and where.
type Error struct {
	// Line counts from 1; 0 is the whole text.
	Line int
	// Problem is what is wrong, Hint what to do about it.
	Problem, Hint string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Problem
	}
	return fmt.Sprintf("line %d of the paste: %s", e.Line, e.Problem)
}

const hintForms = `in the browser's network panel, choose "Copy as cURL" or "Copy as fetch" of the request`

// Parse reads the requests of a paste, in order; there is one at least. Errors are of type [*Error].
func Parse(text string, format Format) ([]*Request, error) {
	if len(text) > MaxInput {
		return nil, &Error{Problem: fmt.Sprintf("the paste has %d bytes; at most %d", len(text), MaxInput)}
	}
	text = unfenced(plain(text))
	if strings.TrimSpace(text) == "" {
		return nil, &Error{Problem: "there is nothing in the paste", Hint: hintForms}
	}
	if shell, curl := powershellCommand().FindStringIndex(text), curlCommand().FindStringIndex(text); shell != nil && (curl == nil || shell[0] <= curl[0]) {
		return nil, &Error{Problem: "this is a command for PowerShell", Hint: hintForms}
	}
	if format == Auto {
		var err error
		if format, err = detect(text); err != nil {
			return nil, err
		}
	}
	if format == Curl {
		return parseCurl(text)
	}
	return parseFetch(text)
}

// What clipboards and terminals bring along: colours, marks of byte order, spaces without width, and the
// prompts of shells.
var (
	noise   = lazily("\x1b\\[[0-9;]*m|\ufeff|\u200b")
	prompts = lazily(`(?m)^[ \t]*(?:(?:PS )?[A-Za-z]:\\[^>\n]*>|[\w.-]+@[\w.-]+[: ][^\n$#]{0,200}[$#])[ \t]*(curl)`)
	goesOn  = lazily(`(?m)([\\^][ \t]*\r?\n)> `)
)

// plain is text without noise.
func plain(text string) string {
	if rest, ok := strings.CutPrefix(text, "\xff\xfe"); ok { // UTF-16, as PowerShell writes it into files
		units := make([]uint16, len(rest)/2)
		for i := range units {
			units[i] = uint16(rest[2*i]) | uint16(rest[2*i+1])<<8
		}
		text = string(utf16.Decode(units))
	}
	text = noise().ReplaceAllString(text, "")
	return goesOn().ReplaceAllString(prompts().ReplaceAllString(text, "$1"), "$1")
}

// unfenced takes away the fence of a code block in Markdown.
func unfenced(text string) string {
	rest, fenced := strings.CutPrefix(strings.TrimSpace(text), "```")
	if !fenced {
		return text
	}
	_, rest, _ = strings.Cut(rest, "\n") // the rest of the fence is a language
	inside, _, _ := strings.Cut(rest, "\n```")
	return inside
}

var (
	curlCommand       = lazily(`(?m)(^|[\s;&|/\\(\x{a0}])curl(\.exe)?([\s\x{a0}^]|$)`)
	fetchCall         = lazily(`\bfetch\s*\(`)
	powershellCommand = lazily(`(?im)^\s*(Invoke-WebRequest|Invoke-RestMethod|iwr|irm|\$\w+\s*=\s*(New-Object|Invoke-\w+|@))\s|^\s*curl(\.exe)?\s+-Uri\b`)
	otherTool         = lazily(`(?m)\b(axios|XMLHttpRequest|\$\.ajax|\$\.get|jQuery|superagent)\b|^\s*(wget|http|https|xh)\s`)
)

// elsewhere says what to do with texts that are something else, by what they hold.
func elsewhere(text string) *Error {
	text = strings.TrimSpace(text)
	switch other := otherTool().FindString(text); {
	case strings.Contains(text, "blocked by CORS policy") || strings.Contains(text, "Cross-Origin Request Blocked"):
		return &Error{Problem: "this is a line of the console, not a request", Hint: hintForms}
	case strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://"):
		return &Error{Problem: "this is a URL", Hint: "write: corsac check URL --origin ORIGIN"}
	case other != "":
		return &Error{Problem: fmt.Sprintf("%s is not read", strings.TrimSpace(other)), Hint: "write it as a call of fetch; or, " + hintForms}
	}
	return &Error{Problem: "this is neither a curl command nor a call of fetch", Hint: hintForms}
}

// detect tells the form of a paste: by whatever comes first.
func detect(text string) (Format, error) {
	curl, call := curlCommand().FindStringIndex(text), fetchCall().FindStringIndex(text)
	switch {
	case curl != nil && (call == nil || curl[0] < call[0]):
		return Curl, nil
	case call != nil:
		return Fetch, nil
	}
	return "", elsewhere(text)
}

// browsersOwn reports whether a browser made the headers, and not somebody who plays one.
func browsersOwn(headers fetch.Headers) bool {
	if slices.ContainsFunc(headers, func(h fetch.Header) bool { return strings.HasPrefix(strings.ToLower(h.Name), "sec-") }) {
		return true // script cannot set these
	}
	return strings.HasPrefix(headers.Get("User-Agent"), "Mozilla/") && (headers.Get("Accept-Language") != "" || headers.Get("Referer") != "")
}

// observed makes a request of one that a browser has sent.
func observed(method, url string, headers fetch.Headers) *Request {
	r := &Request{}
	recorded := &fetch.Recorded{WireRequest: fetch.WireRequest{Method: method, URL: url, Headers: headers}}
	r.Page, r.Script, _ = fetch.InferRequest(recorded)
	r.Cookie, r.UserAgent = headers.Get("Cookie"), headers.Get("User-Agent")
	switch mode := headers.Get("Sec-Fetch-Mode"); {
	case mode == "navigate":
		r.Navigation = true
		r.Notes = append(r.Notes, "this is the request for a document, on which CORS has no say; it is made as if script had asked for it")
	case recorded.IsPreflight():
		r.Preflight = true
		r.Notes = append(r.Notes, "this is a preflight, which browsers make by themselves; it is taken for the request that it asks about, with made-up values, which is not sent itself unless it is GET or HEAD")
	}
	return r
}

// written makes a request of a curl command that somebody wrote: all its headers are meant.
func written(method, url string, headers fetch.Headers) *Request {
	r := &Request{Script: &fetch.Request{URL: url, Method: method}}
	r.Page.Origin = headers.Get("Origin")
	r.Cookie, r.UserAgent = headers.Get("Cookie"), headers.Get("User-Agent")
	if r.Cookie != "" {
		r.Script.Credentials = fetch.CredentialsInclude
	}
	if referer := headers.Get("Referer"); referer != "" {
		r.Page.URL = referer
	}
	for _, h := range headers {
		switch strings.ToLower(h.Name) {
		case "origin", "cookie", "referer", "user-agent", "host", "content-length", "connection":
		default:
			r.Script.Headers = append(r.Script.Headers, h)
		}
	}
	return r
}

// withoutPreflights leaves out the preflights of requests that are there themselves, as "Copy all" has
// them.
func withoutPreflights(requests []*Request) []*Request {
	const unsaid = "OPTIONS" // the method of a copy that does not say what it asks about
	type request struct{ method, url string }
	there := map[request]bool{}
	for _, r := range requests {
		if !r.Preflight {
			there[request{r.Script.Method, r.Script.URL}] = true
			there[request{unsaid, r.Script.URL}] = true
		}
	}
	return slices.DeleteFunc(requests, func(r *Request) bool { return r.Preflight && there[request{r.Script.Method, r.Script.URL}] })
}
