package diagnose

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/protocol"
	"github.com/corsac-dev/corsac/internal/weburl"
	"github.com/corsac-dev/corsac/origin"
)

// scene is a verdict, and what more requests show about it. Its methods send a
// request when a fact is asked for the first time.
type scene struct {
	Options

	ctx    context.Context //nolint:containedctx // that of the one call that the scene is for
	sender Sender          // nil to send nothing
	hostOf func(url string) *host
	token  string // in URLs that do not exist

	v *verdict.Verdict
	// last is the request that failed, or the last one; empty if none was sent.
	last *verdict.Wire
	// body is the beginning of the answer to it, and bodies are those to all.
	body   string
	bodies [][]byte
	// url is where it went, or would have gone.
	url *weburl.URL
	// named is the origin of the URL that the user named.
	named origin.Origin
	// page is the page's origin, and server that of url.
	page, server origin.Origin
	cookie       string // that went to named
	// candidates are what package cause sees, the best first.
	candidates []finding.Finding

	mu     sync.Mutex
	known  map[string]bool // the requests whose answers are recorded
	probes []Probe
	seen   []stacks.Seen

	changes  []verdict.Change // if the policy is the cause
	command  string           // that checks the request again
	specific bool             // whether the fix of the root names what a probe found
	split    *split           // once it is known
	// policyToo says that the server lacks a policy, although the root is another.
	policyToo bool
}

// shown is what shows a cause.
type shown struct {
	// evidence are lines, the best first.
	evidence []string
	// words stand for further words in braces.
	words map[string]string
	// confidence and severity replace those of the cause if set.
	confidence finding.Confidence
	severity   finding.Severity
	// title, why and fix replace those of the cause if set.
	title, why, fix string
	// policyToo says that the server lacks a policy besides, and elsewhere is
	// the URL at which it does.
	policyToo bool
	elsewhere string
	// finding replaces the texts of the cause if set.
	finding *finding.Finding
	// below is a cause to note below the root, and belowLine what shows it.
	below, belowLine string
	// instead are causes that package cause saw and that this replaces.
	instead []string
	// symptom keeps what package cause saw as a finding below.
	symptom bool
	// change are the changes to the policy, if they are not those of the verdict.
	change []verdict.Change
}

// by returns what shows a cause: answers.
func by(replies ...*reply) *shown {
	f := &shown{words: map[string]string{}}
	for _, r := range replies {
		if r != nil {
			f.evidence = append(f.evidence, r.line())
		}
	}
	return f
}

// likely lowers the confidence.
func (f *shown) likely() *shown {
	f.confidence = finding.Likely
	return f
}

// with sets a word.
func (f *shown) with(name, word string) *shown {
	f.words[name] = word
	return f
}

// saying adds a line of evidence at the front.
func (f *shown) saying(line string) *shown {
	f.evidence = append([]string{printable(line)}, f.evidence...)
	return f
}

// blocked reports whether the request was not allowed.
func (s *scene) blocked() bool { return s.v.Error != nil }

// symptom is the cause that package cause sees, "" for none.
func (s *scene) symptom() string {
	if len(s.candidates) == 0 {
		return ""
	}
	return s.candidates[0].Cause
}

// preflight reports whether the request that failed is a preflight.
func (s *scene) preflight() bool { return s.last.Kind == fetch.KindPreflight }

// credentialed reports whether the request has credentials mode include.
func (s *scene) credentialed() bool { return s.v.Request.Credentials == fetch.CredentialsInclude }

// answer is a header of the last answer, lines joined.
func (s *scene) answer(name string) string { return s.last.ResponseHeaders.Get(name) }

func (s *scene) has(name string) bool { return s.last.ResponseHeaders.Has(name) }

// status reports whether the last answer has one of the statuses.
func (s *scene) status(list ...int) bool { return slices.Contains(list, s.last.Status) }

// sent is the origin that the failed request named.
func (s *scene) sent() string {
	return cmp.Or(s.last.Headers.Get("Origin"), s.v.Request.Origin)
}

// askedHeaders are those that the last preflight asked for.
func (s *scene) askedHeaders() []string {
	return protocol.Entries(s.last.Headers.Get(protocol.RequestHeaders))
}

// target is the URL of the request that failed.
func (s *scene) target() string { return s.url.StringNoFragment() }

// isScript reports whether fetch() or XMLHttpRequest made the request.
func (s *scene) isScript() bool {
	d := s.v.Request.Destination
	return d == "" || d == fetch.DestinationFetch || d == fetch.DestinationXHR
}

// isGateway reports whether the last answer is a proxy's about a server that it
// did not reach.
func (s *scene) isGateway() bool { return protocol.IsGatewayError(s.last.Status) }

// preflightPassed is the preflight that allowed the last request, or nil.
func (s *scene) preflightPassed() *verdict.Wire { return s.v.PreflightOf(s.last) }

// redirect is the URL that the last answer redirects to, or an empty one.
func (s *scene) redirect() *weburl.URL {
	to, _ := protocol.Redirect(s.last.Status, s.last.ResponseHeaders.Values("Location"), s.url)
	return cmp.Or(to, &weburl.URL{})
}

// also adds answers as evidence.
func (f *shown) also(replies ...*reply) *shown {
	f.evidence = append(f.evidence, by(replies...).evidence...)
	return f
}
