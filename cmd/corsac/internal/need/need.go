// Package need answers whether a page needs CORS for a request, why, and what
// to do instead.
//
//   - It is pure: it sends nothing and looks up no names.
//   - Rules are values and are tried in order. The guide's tables are generated
//     from them and from the uses; a test checks that each rule answers its own
//     example.
//   - For every use that the engine of package fetch knows, the answers agree
//     with the engine; a test compares the two.
//   - Where browsers differ, it answers for Chrome and notes the others.
package need

import "errors"

// Question is a page, a URL, and what the page does with it.
type Question struct {
	// Page is the URL of the page; "server" for code that does not run in a
	// browser; "null" for a page with an opaque origin.
	Page string
	// Target is the URL of the request. It may be relative to the page if it
	// begins with a slash, a dot, "?" or "#".
	Target string
	// Use is what the page does with the URL. Empty means WebSocket for a ws:
	// or wss: URL, otherwise Fetch.
	Use Use
	// CrossOrigin says that the tag has the crossorigin attribute. Only uses of
	// [Kind] Tag and Always can have it.
	CrossOrigin bool
	// Sandboxed says that the page is in a frame with the sandbox attribute but
	// without allow-same-origin.
	Sandboxed bool
	// DevProxy says that the page's development server passes the request on.
	DevProxy bool
}

// Verdict is the answer in short.
type Verdict string

// The verdicts.
const (
	Yes Verdict = "yes"    // the server must allow the page with CORS
	No  Verdict = "no"     // nothing needs to be done
	But Verdict = "no-but" // CORS is not needed, but something else matters
)

// Answer is the answer to a [Question].
type Answer struct {
	Verdict Verdict `json:"answer"`
	Need    bool    `json:"need"`    // the verdict is Yes
	Blocked bool    `json:"blocked"` // browsers refuse the request, and no header can allow it
	But     string  `json:"but,omitempty"`
	Rule    string  `json:"rule"`
	Reason  string  `json:"reason"`

	Origin  string   `json:"origin"` // what the browser sends as Origin; "" outside browsers
	URL     string   `json:"url"`    // URL of the request, resolved
	Target  string   `json:"target"` // origin of URL
	Use     Use      `json:"use"`
	Differs []string `json:"differs"`   // which of scheme, host and port differ
	Site    bool     `json:"same_site"` // page and URL are of the same site

	Instead []Step   `json:"instead"` // what to do, best first
	Notes   []string `json:"notes"`   // what else matters besides CORS
}

// Step is one thing to do: in words and, where possible, as a command or as
// lines of a configuration.
type Step struct {
	Text    string   `json:"text"`
	Command []string `json:"command,omitempty"` // the words of a command line, unquoted
	Config  string   `json:"config,omitempty"`
}

var errNoRule = errors.New("no rule applies") // the last rule always applies

// Ask answers q. The error says what is wrong with the question.
func Ask(q Question) (*Answer, error) {
	s, err := understand(q)
	if err != nil {
		return nil, err
	}
	for i := range Rules {
		if r := &Rules[i]; r.applies(s) {
			return s.answer(r), nil
		}
	}
	return nil, errNoRule
}

func (s *situation) answer(r *Rule) *Answer {
	a := &Answer{
		Verdict: r.Verdict, Need: r.Verdict == Yes, Blocked: r.Blocked, But: s.fill(r.But), Rule: r.Name, Reason: s.fill(r.Why),
		URL: s.url.String(), Target: s.target.String(), Use: s.Use,
		Differs: []string{}, Instead: []Step{}, Notes: []string{},
	}
	if !s.server {
		a.Origin, a.Site = s.page.String(), s.page.SameSite(s.target)
		for _, d := range s.differences() {
			a.Differs = append(a.Differs, d.part)
		}
	}
	for _, step := range r.Instead {
		a.Instead = append(a.Instead, s.fillStep(step))
	}
	if !r.Blocked {
		a.Notes = append(a.Notes, s.notes()...)
	}
	return a
}
