package har

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// Conversation is one request of script, with its preflights and redirects.
type Conversation struct {
	// Entry is the request itself, or its preflight if that is all there is.
	Entry *Entry
	// Page and Request are what is known about the page and about the request
	// that its script made.
	Page    fetch.PageConfig
	Request *fetch.Request
	// Recording are the preflights, the request and its redirects.
	Recording fetch.Recording
	// Failure is the error that the browser reported, if the request failed.
	Failure string
	// Unknown says why nothing can be decided; "" if it can.
	Unknown string
	Notes   []string
}

// Counts are the numbers of entries that are not cross-origin requests of a
// page.
type Counts struct {
	SameOrigin int // including all redirects
	Documents  int // navigations, to which CORS does not apply
	Local      int // data:, blob: and other URLs without a network
	NoPage     int // requests of an unknown page
}

// String returns the counts in words, without those that are 0.
func (c *Counts) String() string {
	var words []string
	for _, left := range []struct {
		n    int
		word string
	}{
		{c.SameOrigin, "same-origin"},
		{c.Documents, "for documents"},
		{c.Local, "without a network"},
		{c.NoPage, "of an unknown page (write its origin with --origin)"},
	} {
		if left.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", left.n, left.word))
		}
	}
	return strings.Join(words, ", ")
}

// Conversations returns the cross-origin requests of script and of elements, in
// the order of the file. page is the origin of requests for which the file does
// not name one; if it is "", they are left out.
func (l *Log) Conversations(page string) ([]*Conversation, Counts) {
	return newLinker(l, page).conversations()
}

func (k *linker) conversations() ([]*Conversation, Counts) {
	var chains [][]int
	for i, e := range k.log.Entries {
		if !k.used[i] && !e.preflight {
			chains = append(chains, k.chain(i))
		}
	}
	k.pairPreflights(chains)
	k.pairRefused(chains)
	for _, chain := range chains {
		k.add(chain)
	}
	for i, e := range k.log.Entries {
		if e.preflight && !k.used[i] {
			k.addPreflight(i)
		}
	}
	slices.SortStableFunc(k.found, func(a, b *Conversation) int { return a.Entry.Number - b.Entry.Number })
	return k.found, k.counts
}

// linker finds entries that belong together.
type linker struct {
	log       *Log
	page      string
	used      []bool
	keys      []string          // the URLs of the entries, in a form to compare
	byURL     map[string][]int  // entries by key, without preflights
	documents map[string]string // the URL of the first document of a page, by the page
	preflight map[int]int       // by the request that it is for
	refused   map[int]int       // preflights without a request, by the redirect that they follow
	work      int               // how many entries were compared
	found     []*Conversation
	counts    Counts
}

func newLinker(l *Log, page string) *linker {
	k := &linker{log: l, page: page, used: make([]bool, len(l.Entries)), byURL: map[string][]int{}}
	k.preflight, k.refused, k.documents = map[int]int{}, map[int]int{}, map[string]string{}
	for i, e := range l.Entries {
		key, _, _ := strings.Cut(e.URL, "#")
		if u, err := weburl.Parse(e.URL, nil); err == nil {
			if s := u.StringNoFragment(); s != key {
				key = s
			}
		}
		k.keys = append(k.keys, key)
		if e.ResourceType == "document" && e.pageRef != "" && k.documents[e.pageRef] == "" {
			k.documents[e.pageRef] = e.URL
		}
		if !e.preflight {
			k.byURL[key] = append(k.byURL[key], i)
		}
	}
	return k
}

// add makes a conversation of a request and its redirects, unless it is
// same-origin.
func (k *linker) add(chain []int) {
	first := k.log.Entries[chain[0]]
	_, err := origin.ParseURL(first.URL)
	switch {
	case err != nil || !isHTTP(first.URL):
		k.counts.Local++
		return
	case isDocument(first):
		k.counts.Documents++
		return
	}
	c := &Conversation{Entry: first}
	k.observe(c, chain[0])
	if c.Page.Origin == "" {
		k.withoutPage(c)
		return
	}
	c.Recording.AssumePreflights = true
	crosses := false
	for _, i := range chain {
		e := k.log.Entries[i]
		k.addPreflightOf(c, i)
		c.Recording.Exchanges = append(c.Recording.Exchanges, k.answered(c, i))
		crosses = crosses || isCross(e, c)
	}
	last := k.log.Entries[chain[len(chain)-1]]
	if j, ok := k.refused[chain[len(chain)-1]]; ok {
		k.used[j] = true
		last = k.log.Entries[j]
		c.Recording.Exchanges = append(c.Recording.Exchanges, last.answered())
		crosses = crosses || isCross(last, c)
	}
	if !crosses {
		k.counts.SameOrigin++
		return
	}
	c.judge(last)
	k.found = append(k.found, c)
}

// withoutPage counts a request of an unknown page. One that failed may have been refused
// to another origin, so it is a conversation about which nothing is known.
func (k *linker) withoutPage(c *Conversation) {
	if e := c.Entry; e.hasResponse() && e.Failure == "" {
		k.counts.NoPage++
		return
	}
	c.Unknown = "it failed, and the file does not say which page made it; write its origin with --origin"
	k.found = append(k.found, c)
}

// isCross reports whether e goes to another origin than that of the page of c.
func isCross(e *Entry, c *Conversation) bool {
	o, err := origin.ParseURL(e.URL)
	return err == nil && o.String() != c.Page.Origin
}

// addPreflightOf adds the preflight of entry i, if there is one, to the
// recording, and marks it as used.
func (k *linker) addPreflightOf(c *Conversation, i int) {
	j, ok := k.preflight[i]
	if !ok {
		return
	}
	k.used[j] = true
	p := k.log.Entries[j]
	c.Recording.Exchanges = append(c.Recording.Exchanges, p.answered())
	c.addMissing(p)
}

// addPreflight makes a conversation of a preflight without a request: files
// have no request if its preflight was refused.
func (k *linker) addPreflight(i int) {
	k.used[i] = true
	e := k.log.Entries[i]
	c := &Conversation{Entry: e}
	c.Page, c.Request, _ = fetch.InferRequest(&e.Recorded)
	if c.Page.Origin == "" {
		if c.Page.Origin = k.page; k.page == "" {
			k.withoutPage(c)
			return
		}
	}
	c.Recording.Exchanges = []fetch.Recorded{e.answered()}
	c.Notes = append(c.Notes, "only the preflight is in the file")
	c.judge(e)
	k.found = append(k.found, c)
}

// observe infers what script asked for, and on which page.
func (k *linker) observe(c *Conversation, i int) {
	e := c.Entry
	c.Page, c.Request, _ = fetch.InferRequest(&e.Recorded)
	if d := destinationOf(e.ResourceType); d != "" && c.Request.Destination == fetch.DestinationFetch {
		c.Request.Destination = d
	}
	switch {
	case e.ResourceType == "ping":
		c.Request.Mode = fetch.ModeNoCORS
	case e.Status != 0 && len(e.ResponseHeaders) == 0 && !isWire(e) && c.Request.Mode == "":
		c.Request.Mode = fetch.ModeNoCORS
		c.Notes = append(c.Notes, "the file has no response headers for it, as for no-cors requests, so it is assumed to be one")
	}
	if p, ok := k.preflight[i]; ok && c.Page.Origin == "" { // it has more than a request that was not sent
		c.Page.Origin = k.log.Entries[p].Headers.Get("Origin")
	}
	if c.Page.Origin != "" {
		return
	}
	for _, url := range []string{k.log.pages[e.pageRef], k.documents[e.pageRef]} { // titles in Chromium's files are URLs
		if o, err := origin.ParseURL(url); err == nil && !o.IsOpaque() {
			c.Page.Origin, c.Page.URL = o.String(), url
			return
		}
	}
	c.Page.Origin = k.page
}

// destinationOf translates Chromium's word for what made a request.
func destinationOf(resourceType string) fetch.Destination {
	switch resourceType {
	case "xhr":
		return fetch.DestinationXHR
	case "image":
		return fetch.DestinationImage
	case "script":
		return fetch.DestinationScript
	case "stylesheet":
		return fetch.DestinationStyle
	case "font":
		return fetch.DestinationFont
	case "eventsource":
		return fetch.DestinationEventSource
	case "websocket":
		return fetch.DestinationWebSocket
	case "texttrack":
		return fetch.DestinationTrack
	case "manifest":
		return fetch.DestinationManifest
	}
	return ""
}

// addMissing adds headers to the request that its preflight names but that are
// not in the file. Files leave out secrets.
func (c *Conversation) addMissing(preflight *Entry) {
	has := map[string]bool{}
	for _, h := range c.Request.Headers {
		has[strings.ToLower(h.Name)] = true
	}
	var added []string
	_, asked, _ := fetch.InferRequest(&preflight.Recorded)
	for _, h := range asked.Headers {
		if name := strings.ToLower(h.Name); !has[name] {
			has[name] = true
			c.Request.Headers = append(c.Request.Headers, h)
			added = append(added, h.Name)
		}
	}
	if len(added) > 0 {
		c.Notes = append(c.Notes, "the file has no value for the header "+strings.Join(added, ", ")+", which the preflight names")
	}
}

// judge sets how the request failed, if it did.
func (c *Conversation) judge(last *Entry) {
	if c.Failure = last.Failure; c.Failure == "" && !last.hasResponse() {
		c.Failure = noResponse
	}
}

// noResponse is the failure of a request that has no response, where the file does not
// name it.
const noResponse = "no response"

// hasResponse reports whether an entry has any part of a response.
func (e *Entry) hasResponse() bool { return e.Status != 0 || len(e.ResponseHeaders) > 0 }

// answered returns an entry as recorded, with its response.
func (e *Entry) answered() fetch.Recorded {
	r := e.Recorded
	r.Kind = fetch.KindActual
	if e.preflight { // Chromium may say so without the headers of a preflight
		r.Kind = fetch.KindPreflight
	}
	if rest, ok := strings.CutPrefix(r.URL, "ws"); ok { // http on the wire
		r.URL = "http" + rest
	}
	switch code := networkError(e.Failure); {
	case !e.hasResponse():
		r.Err = FailureError(e.Failure)
	case code == "":
	case r.Status == 0:
		r.Err = &fetch.NetError{Code: fetch.Code(code)}
	default: // there was a response, so it is its body that failed
		r.Received = &fetch.Received{Err: &fetch.NetError{Code: fetch.Code(code)}}
	}
	if r.Status == 0 && len(r.ResponseHeaders) > 0 {
		r.Status = http.StatusOK // the browser dropped it
	}
	return r
}

// FailureError returns the error of a request that a file says has failed, by the name
// that it gives.
func FailureError(failure string) error {
	e := &fetch.NetError{Code: fetch.CodeFailed}
	switch {
	case strings.HasPrefix(failure, "net::ERR_"):
		e.Code = fetch.Code(failure)
	case failure != "" && failure != noResponse:
		e.Err = errors.New(failure)
	}
	return e
}

// FailureHint says what the name of a failure may stand for; "" if the name says it.
func FailureHint(failure string) string {
	switch {
	case failure == noResponse:
		return "the file has no response: the browser blocked the request, the network failed, or the request had not ended when the file was saved"
	case failure == string(fetch.CodeFailed):
		return "the file has only the name " + failure + ", which Chromium gives to everything that CORS refuses"
	case failure == string(fetch.CodeAborted):
		return "the file has the name " + failure + ": script cancelled the request, or the page was left"
	case strings.HasPrefix(failure, "net::ERR_BLOCKED_BY_CLIENT"):
		return "the file has the name " + failure + ": an extension of the browser stopped the request, such as an ad blocker"
	case strings.HasPrefix(failure, "net::ERR_BLOCKED_BY_RESPONSE"), failure == "net::ERR_BLOCKED_BY_ORB":
		return "the file has the name " + failure + ": the browser refused it because of Cross-Origin-Resource-Policy, an embedder policy, or the type of the response"
	case !strings.HasPrefix(failure, "net::ERR_"):
		return "the program that wrote the file says: " + failure
	}
	return ""
}

// networkError returns failure if it names a network error, and otherwise "":
// browsers use the same names for requests that they refuse themselves.
func networkError(failure string) string {
	switch failure {
	case "net::ERR_FAILED", "net::ERR_ABORTED":
		return ""
	}
	name, ok := strings.CutPrefix(failure, "net::ERR_")
	notInName := func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' }
	if !ok || strings.HasPrefix(name, "BLOCKED_BY_") || strings.ContainsFunc(name, notInName) {
		return ""
	}
	return failure
}

// isWire reports whether the headers of a request are those that were sent.
// Otherwise they are what the browser knew before; files have no more for a
// request whose preflight was refused.
func isWire(e *Entry) bool {
	return e.Headers.Get("Host") != "" || e.Headers.Get(":authority") != ""
}

// isDocument reports whether a request loads a document into a tab or a frame.
func isDocument(e *Entry) bool {
	return e.ResourceType == "document" || e.Headers.Get("Sec-Fetch-Mode") == "navigate" || e.Headers.Get("Upgrade-Insecure-Requests") == "1"
}

func isHTTP(rawURL string) bool {
	scheme, _, _ := strings.Cut(rawURL, ":")
	switch strings.ToLower(scheme) {
	case "http", "https", "ws", "wss":
		return true
	}
	return false
}
