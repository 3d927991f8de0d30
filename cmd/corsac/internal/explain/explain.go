package explain

import (
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// The bounds of input.
const (
	maxText     = 1 << 20 // bytes of text that are looked at
	maxMessages = 64      // messages that are returned
	maxField    = 2048    // bytes of a field of an extract
)

// The slugs of input that is not a cause.
const (
	// Allowed is the slug of a conversation that the browser allows.
	Allowed = "allowed"
	// NotCORS is the slug of a message with another reason, or without any that
	// is known.
	NotCORS = "not-cors"
	// Unknown is the slug of text that mentions CORS, but has no known message.
	Unknown = "unknown"
)

// Kind is a kind of input.
type Kind string

// The kinds.
const (
	KindText    Kind = "text"    // messages and logs
	KindCurl    Kind = "curl"    // the output of curl -v or curl -i
	KindHAR     Kind = "har"     // a HAR file
	KindVerdict Kind = "verdict" // the output of corsac check --json
)

// Options say more about input than it contains.
type Options struct {
	// Origin is the page's, for input that does not name it.
	Origin string
	// Stacks are those that the server consists of, the outermost first. Fixes are
	// for the one that has advice about a cause, or for the last.
	Stacks []*stacks.Stack
}

// Explanation is what a message means.
type Explanation struct {
	// Slug is the stable name of the message: that of a cause or of a class of
	// messages, or one of the slugs above.
	Slug string `json:"slug"`
	// Kind is the kind of input.
	Kind Kind `json:"kind"`
	// Title says it in a few words, Means in a sentence or two.
	Title string `json:"title"`
	Means string `json:"means"`
	// Extract is what the input says.
	Extract Extract `json:"extract"`
	// Findings are the causes, the most likely first; never null.
	Findings []finding.Finding `json:"findings"`
	// Apart says how the causes can be distinguished; "" if there is one.
	Apart string `json:"apart,omitempty"`
	// Check is a command that does so; "" if none would help.
	Check string `json:"check,omitempty"`
	// Notes are what a person should know besides.
	Notes []string `json:"notes,omitempty"`
	// Messages are the others of the input, in its order.
	Messages []*Explanation `json:"messages,omitempty"`

	headers []string // that script set, if all are known
}

// IsKnown reports whether the input was recognised as something about CORS.
func (x *Explanation) IsKnown() bool { return x.Slug != NotCORS && x.Slug != Unknown }

// Extract is what a message says about the request. Fields that it does not
// mention are empty.
type Extract struct {
	// URL, Method and Origin are those of the request and its page.
	URL    string `json:"url,omitempty"`
	Method string `json:"method,omitempty"`
	Origin string `json:"origin,omitempty"`
	// Header is the request or response header that the message is about.
	Header string `json:"header,omitempty"`
	// Value is that of the header that was refused. It is nil if the message has
	// none.
	Value *string `json:"value,omitempty"`
	// Status is that of the response.
	Status string `json:"status,omitempty"`
	// RedirectedFrom is the first URL, if the request was redirected.
	RedirectedFrom string `json:"redirected_from,omitempty"`
	// Page is the page's URL, Cookie the name of a cookie.
	Page   string `json:"page,omitempty"`
	Cookie string `json:"cookie,omitempty"`
	// Destination is what made the request, as corsac check names it.
	Destination string `json:"destination,omitempty"`
	// Credentials says that the request had credentials mode include.
	Credentials bool `json:"credentials,omitempty"`
}

// value returns the value, or "".
func (x *Extract) value() string {
	if x.Value == nil {
		return ""
	}
	return *x.Value
}

// fill takes what x lacks from other.
func (x *Extract) fill(other *Extract) {
	for _, f := range []struct{ mine, theirs *string }{
		{&x.URL, &other.URL},
		{&x.Method, &other.Method},
		{&x.Origin, &other.Origin},
		{&x.Status, &other.Status},
		{&x.Destination, &other.Destination},
	} {
		if *f.mine == "" {
			*f.mine = *f.theirs
		}
	}
}

// Explain says what input means.
func Explain(input []byte, o Options) *Explanation {
	e := newExplainer(o)
	for _, read := range []func([]byte) *Explanation{e.har, e.verdicts, e.curl} {
		if found := read(input); found != nil {
			return found
		}
	}
	x := e.text(string(input[:min(len(input), maxText)]))
	if len(input) > maxText {
		x.Notes = append(x.Notes, fmt.Sprintf("Only the first %d bytes were looked at.", maxText))
	}
	return x
}

// explainer explains one input.
type explainer struct{ Options }

func newExplainer(o Options) *explainer { return &explainer{o} }
