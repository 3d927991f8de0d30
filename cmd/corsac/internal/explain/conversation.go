package explain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// har explains the requests of a HAR file that the browser blocks, or nil if
// input is not one.
func (e *explainer) har(input []byte) *Explanation {
	if !isJSON(input) && !bytes.HasPrefix(input, []byte("\x1f\x8b")) {
		return nil
	}
	log, err := har.Read(bytes.NewReader(input))
	if err != nil {
		return unreadable(input, err)
	}
	checker := check.New(check.Options{Profiles: []fetch.Profile{log.Profile()}})
	conversations, others := log.Conversations(e.Origin)
	var found []*Explanation
	undecided := 0
	for _, c := range conversations {
		v, _ := checker.Replay(c, nil)
		switch {
		case v == nil:
			undecided++
		case len(found) < maxMessages && (v.Error != nil || len(v.Findings) > 0):
			found = append(found, e.verdict(v, KindHAR))
		}
	}
	x := joined(found)
	if x == nil {
		x = &Explanation{
			Slug: Allowed, Kind: KindHAR, Title: "The file has no request that CORS blocks", Findings: []finding.Finding{},
			Means: fmt.Sprintf("The browser lets the page read the responses to all %d cross-origin requests in the file.", len(conversations)-undecided),
		}
	}
	if undecided > 0 {
		x.Notes = append(x.Notes, fmt.Sprintf("The file does not have the responses to %d requests.", undecided))
	}
	if s := others.String(); s != "" {
		x.Notes = append(x.Notes, "Not about CORS in the file: "+s+".")
	}
	return x
}

// harStart is how a HAR file begins.
var harStart = lazyregexp.New(`^(?:\x{feff})?\s*\{\s*"log"\s*:\s*\{`)

// unreadable explains a HAR file that cannot be read, such as one whose end is
// missing; nil if input is not a HAR file.
func unreadable(input []byte, err error) *Explanation {
	if !harStart.Get().Match(input) && !bytes.HasPrefix(input, []byte("\x1f\x8b")) {
		return nil
	}
	return &Explanation{
		Slug: Unknown, Kind: KindHAR, Title: "This HAR file cannot be read", Findings: []finding.Finding{},
		Means: capital(clip(err.Error())) + ". Save it again in the network panel, and wait until it is saved.",
	}
}

// isJSON reports whether input begins like a JSON object.
func isJSON(input []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(input[:min(len(input), 4096)], []byte("\ufeff")), " \t\r\n"), []byte("{"))
}

// verdicts explains the output of corsac check --json, or nil if input is not
// that.
func (e *explainer) verdicts(input []byte) *Explanation {
	if !isJSON(input) {
		return nil
	}
	var found []*Explanation
	for d := json.NewDecoder(bytes.NewReader(input)); len(found) < maxMessages; {
		var v verdict.Verdict
		if err := d.Decode(&v); err != nil || v.Profile == "" || v.Result == "" {
			break
		}
		if v.Error != nil && len(v.Findings) == 0 {
			cause.Annotate(&v)
		}
		found = append(found, e.verdict(&v, KindVerdict))
	}
	return joined(found)
}

// joined makes the first of several explanations that is not of an allowed
// request the one for all; nil if there is none.
func joined(found []*Explanation) *Explanation {
	var top *Explanation
	for _, x := range found {
		if top == nil || top.Slug == Allowed && x.Slug != Allowed {
			top = x
		}
	}
	for _, x := range found {
		if x != top && x.Slug != Allowed {
			top.Messages = append(top.Messages, x)
		}
	}
	return top
}

// verdict explains what a browser decided.
func (e *explainer) verdict(v *verdict.Verdict, kind Kind) *Explanation {
	x := &Explanation{Slug: Allowed, Kind: kind, Extract: extractOf(v), Findings: v.Findings, Notes: v.Notes, headers: headersOf(v)}
	if x.Findings == nil {
		x.Findings = []finding.Finding{}
	}
	r := &reading{Extract: x.Extract}
	switch {
	case v.Error == nil:
		x.Title, x.Means = "The browser allows the request", "The page can read the response."
	case len(x.Findings) > 0:
		x.Slug, x.Title, x.Means = x.Findings[0].Cause, x.Findings[0].Title, x.Findings[0].Why
	case v.Result == fetch.Failed:
		x.Slug, x.Title, x.Means = generic, "The request failed: "+v.Error.Code, "What was recorded does not say why. CORS, the network, a certificate, or an extension of the browser may be the reason."
	default:
		x.Slug, x.Title, x.Means = Unknown, "The browser blocks the request", v.Error.Message
	}
	r.slug = x.Slug
	x.Check = r.check()
	e.fix(x)
	return x
}

// headersOf returns the names of the headers that script set.
func headersOf(v *verdict.Verdict) (names []string) {
	for _, h := range v.Request.Headers[:min(len(v.Request.Headers), maxMessages)] {
		names = append(names, clip(h.Name))
	}
	return names
}

// extractOf returns what a verdict says about its request.
func extractOf(v *verdict.Verdict) Extract {
	x := Extract{
		URL: clip(v.Request.URL), Method: clip(v.Request.Method), Origin: clip(v.Request.Origin),
		Credentials: v.Request.Credentials == fetch.CredentialsInclude, Destination: clip(string(v.Request.Destination)),
	}
	if names := headersOf(v); len(names) > 0 {
		x.Header = names[0]
	}
	if n := len(v.Wire); n > 0 && v.Wire[n-1].Status != 0 {
		x.Status = strconv.Itoa(v.Wire[n-1].Status)
	}
	return x
}
