// Package need answers whether a page needs CORS for a request, why, and what to
// do instead.
//
//   - It is pure: nothing is sent, and names are not looked up.
//   - Rules are values, tried in order. The guide's tables are made of them and of
//     the uses; a test holds that each rule answers its own example.
//   - What it says is what the engine of package fetch does, for every use that the
//     engine knows; a test holds the two together.
//   - Where browsers differ it answers for Chrome, and notes the others.
package need

import "errors"

// Question is what is asked.
type Question struct {
	// Page is the URL of the page; "server" for code that runs in no browser; "null"
	// for a page with an opaque origin.
	Page string
	// Target is the URL of the request. It may be relative to the page if it begins
	// with a slash, a dot, "?" or "#".
	Target string
	// Use is what the page does with it; "" is WebSocket for a ws: URL, else Fetch.
	Use Use
	// CrossOrigin says that the tag has the crossorigin attribute. Only uses with
	// [Kind] Tag can have it.
	CrossOrigin bool
	// Sandboxed says that the page is in a frame with the sandbox attribute, without
	// allow-same-origin.
	Sandboxed bool
	// DevProxy says that the development server of the page passes the request on.
	DevProxy bool
}

// Verdict is the answer in a word.
type Verdict string

// The verdicts.
const (
	Yes Verdict = "yes"    // the server must allow the page by CORS
	No  Verdict = "no"     // nothing is to be done
	But Verdict = "no-but" // it is not CORS that is needed, but something else is to know
)

// Answer is what is answered.
type Answer struct {
	Verdict Verdict `json:"answer"`
	Need    bool    `json:"need"`    // the verdict is Yes
	Blocked bool    `json:"blocked"` // browsers refuse it, and no header can allow it
	But     string  `json:"but,omitempty"`
	Rule    string  `json:"rule"`
	Reason  string  `json:"reason"`

	Origin  string   `json:"origin"` // what the page's browser sends as Origin; "" outside of browsers
	URL     string   `json:"url"`    // of the request, resolved
	Target  string   `json:"target"` // origin of the URL
	Use     Use      `json:"use"`
	Differs []string `json:"differs"`   // of scheme, host and port, what makes another origin
	Site    bool     `json:"same_site"` // page and URL are of one site

	Instead []Step   `json:"instead"` // what to do, the best first
	Notes   []string `json:"notes"`   // what else decides, besides CORS
}

// Step is one thing to do: in words, and where there are any, as a command or as
// lines of a configuration.
type Step struct {
	Text    string   `json:"text"`
	Command []string `json:"command,omitempty"` // words of a command line, not quoted
	Config  string   `json:"config,omitempty"`
}

var errNoRule = errors.New("no rule applies") // the last one always does

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
