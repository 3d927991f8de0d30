package har

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// Conversation is one request of script, with what was recorded of it.
type Conversation struct {
	// Entry is the request itself, or its preflight if that is all there is.
	Entry *Entry
	// Page and Request are what can be told of the page, and of what script asked for.
	Page    fetch.PageConfig
	Request *fetch.Request
	// Recording are the preflights, the request and its redirects.
	Recording fetch.Recording
	// Failure is what the browser that recorded it says, if it failed.
	Failure string
	// Unknown says why nothing can be decided, "" if it can.
	Unknown string
	Notes   []string
}

// Counts are the entries that are no cross-origin requests of a page.
type Counts struct {
	SameOrigin int // all redirects included
	Documents  int // navigations, which are not under CORS
	Local      int // data:, blob: and the like, which are on no network
	NoPage     int // nobody knows which page asked
}

// Conversations are the cross-origin requests of script and of elements, in the order of the file.
// page is the origin of those for which the file does not tell; "" leaves them out.
func (l *Log) Conversations(page string) ([]*Conversation, Counts) {
	return newLinker(l, page).conversationsOf()
}

func (k *linker) conversationsOf() ([]*Conversation, Counts) {
	var chains [][]int
	for i, e := range k.log.Entries {
		if !k.used[i] && !e.preflight {
			chains = append(chains, k.chain(i))
		}
	}
	k.pairPreflights(chains)
	for _, chain := range chains {
		k.add(chain)
	}
	for i, e := range k.log.Entries {
		if e.preflight && !k.used[i] {
			k.addPreflight(i)
		}
	}
	slices.SortStableFunc(k.conversations, func(a, b *Conversation) int { return a.Entry.Number - b.Entry.Number })
	return k.conversations, k.counts
}

// linker finds what belongs together.
type linker struct {
	log           *Log
	page          string
	used          []bool
	keys          []string         // the URLs of the entries, to be compared
	byURL         map[string][]int // entries by their keys, without preflights
	preflight     map[int]int      // by the request that it belongs to
	work          int              // how many entries were compared
	conversations []*Conversation
	counts        Counts
}

func newLinker(l *Log, page string) *linker {
	k := &linker{log: l, page: page, used: make([]bool, len(l.Entries)), byURL: map[string][]int{}, preflight: map[int]int{}}
	for i, e := range l.Entries {
		key, _, _ := strings.Cut(e.URL, "#")
		if u, err := weburl.Parse(e.URL, nil); err == nil {
			if s := u.StringNoFragment(); s != key {
				key = s
			}
		}
		k.keys = append(k.keys, key)
		if !e.preflight {
			k.byURL[key] = append(k.byURL[key], i)
		}
	}
	return k
}

// add makes a conversation of a request and its redirects, unless it is none of a page with another origin.
func (k *linker) add(chain []int) {
	first := k.log.Entries[chain[0]]
	target, err := origin.ParseURL(first.URL)
	switch {
	case err != nil || !isHTTP(first.URL):
		k.counts.Local++
		return
	case isDocument(first):
		k.counts.Documents++
		return
	}
	x := &Conversation{Entry: first}
	k.observe(x, chain[0])
	if x.Page.Origin == "" {
		k.counts.NoPage++
		return
	}
	x.Recording.AssumePreflights = true
	crosses := target.String() != x.Page.Origin
	for _, i := range chain {
		e := k.log.Entries[i]
		k.addPreflightOf(x, i)
		x.Recording.Exchanges = append(x.Recording.Exchanges, e.answered())
		o, err := origin.ParseURL(e.URL)
		crosses = crosses || err == nil && o.String() != x.Page.Origin
	}
	if !crosses {
		k.counts.SameOrigin++
		return
	}
	x.judge(k.log.Entries[chain[len(chain)-1]])
	k.conversations = append(k.conversations, x)
}

// addPreflightOf adds the preflight of entry i to what was recorded, if there is one. It is used then.
func (k *linker) addPreflightOf(x *Conversation, i int) {
	j, ok := k.preflight[i]
	if !ok {
		return
	}
	k.used[j] = true
	p := k.log.Entries[j]
	x.Recording.Exchanges = append(x.Recording.Exchanges, p.answered())
	x.addMissing(p)
}

// addPreflight makes a conversation of a preflight that has no request behind it, which is so if it was
// refused.
func (k *linker) addPreflight(i int) {
	k.used[i] = true
	e := k.log.Entries[i]
	x := &Conversation{Entry: e}
	x.Page, x.Request, _ = fetch.InferRequest(&e.Recorded)
	if x.Page.Origin == "" {
		if x.Page.Origin = k.page; k.page == "" {
			k.counts.NoPage++
			return
		}
	}
	x.Recording.Exchanges = []fetch.Recorded{e.answered()}
	x.Notes = append(x.Notes, "only the preflight is in the file")
	x.judge(e)
	k.conversations = append(k.conversations, x)
}

// observe finds out what script asked for, and on which page.
func (k *linker) observe(x *Conversation, i int) {
	e := x.Entry
	x.Page, x.Request, _ = fetch.InferRequest(&e.Recorded)
	if d := destinationOf(e.ResourceType); d != "" && x.Request.Destination == fetch.DestinationFetch {
		x.Request.Destination = d
	}
	switch {
	case e.ResourceType == "ping":
		x.Request.Mode = fetch.ModeNoCORS
	case e.Status != 0 && len(e.ResponseHeaders) == 0 && !isWire(e) && x.Request.Mode == "":
		x.Request.Mode = fetch.ModeNoCORS
		x.Notes = append(x.Notes, "the file has no headers of the answer, as is so of no-cors requests; it is taken for one")
	}
	if p, ok := k.preflight[i]; ok && x.Page.Origin == "" { // of a request that was not sent, it has more
		x.Page.Origin = k.log.Entries[p].Headers.Get("Origin")
	}
	if x.Page.Origin != "" {
		return
	}
	if o, err := origin.ParseURL(k.log.pages[e.pageRef]); err == nil && !o.IsOpaque() { // Chromium's titles are URLs
		x.Page.Origin, x.Page.URL = o.String(), k.log.pages[e.pageRef]
		return
	}
	x.Page.Origin = k.page
}

// destinationOf is what asked, by Chromium's word for it.
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
	}
	return ""
}

// addMissing gives the request the headers that its preflight names and it does not have: files
// leave out what is secret.
func (x *Conversation) addMissing(preflight *Entry) {
	has := map[string]bool{}
	for _, h := range x.Request.Headers {
		has[strings.ToLower(h.Name)] = true
	}
	var added []string
	_, asked, _ := fetch.InferRequest(&preflight.Recorded)
	for _, h := range asked.Headers {
		if name := strings.ToLower(h.Name); !has[name] {
			has[name] = true
			x.Request.Headers = append(x.Request.Headers, h)
			added = append(added, h.Name)
		}
	}
	if len(added) > 0 {
		x.Notes = append(x.Notes, "the file has no value of the header "+strings.Join(added, ", ")+", which the preflight names")
	}
}

// judge says whether anything can be decided.
func (x *Conversation) judge(last *Entry) {
	x.Failure = last.Failure
	switch {
	case last.Status == 0 && len(last.ResponseHeaders) == 0 && networkError(last.Failure) == "" && !x.refusedEarlier():
		x.Unknown = "the file has no answer"
	case last.Status == http.StatusNotModified && last.ResponseHeaders.Get("Access-Control-Allow-Origin") == "":
		x.Unknown = "the answer is 304, and the file does not have the headers of what the browser had stored"
	}
}

// refusedEarlier reports whether there is an answer before the last that may have been refused.
func (x *Conversation) refusedEarlier() bool {
	return slices.ContainsFunc(x.Recording.Exchanges, func(r fetch.Recorded) bool { return r.Status != 0 })
}

// answered is what is recorded, with the answer that an entry has.
func (e *Entry) answered() fetch.Recorded {
	r := e.Recorded
	r.Kind = fetch.KindActual
	if e.preflight { // Chromium may say so without the headers that make it one
		r.Kind = fetch.KindPreflight
	}
	if rest, ok := strings.CutPrefix(r.URL, "ws"); ok { // as it is on the wire
		r.URL = "http" + rest
	}
	if code := networkError(e.Failure); r.Status == 0 && code != "" {
		r.Err = &fetch.NetError{Code: fetch.Code(code)}
	}
	if r.Status == 0 && len(r.ResponseHeaders) > 0 {
		r.Status = http.StatusOK // the browser has dropped it
	}
	return r
}

// networkError is the name of what kept a request from being answered, "" if that is not so: the
// browser names what it refuses by itself in the same way.
func networkError(failure string) string {
	switch failure {
	case "net::ERR_FAILED", "net::ERR_ABORTED":
		return ""
	}
	if !strings.HasPrefix(failure, "net::ERR_") || strings.HasPrefix(failure, "net::ERR_BLOCKED_BY_") {
		return ""
	}
	return failure
}

// isWire reports whether the headers of a request are those that were sent. Others are what the
// browser knew before: of what is refused by a preflight there are no more.
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
