package diagnose

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Verdict is a verdict with the probes that were sent to find its cause, and with what
// the user expects. Its JSON is that of the verdict, and these beside it.
type Verdict struct {
	*verdict.Verdict

	Probes []Probe `json:"probes,omitempty"`
	// Expect is what the user expects, and AsExpected whether the verdict is that;
	// nil if nothing is expected.
	Expect     check.Expectation `json:"expect,omitempty"`
	AsExpected *bool             `json:"as_expected,omitempty"`
}

// Expecting sets what is expected of v, and returns v.
func (v *Verdict) Expecting(e check.Expectation) *Verdict {
	if e != "" {
		v.Expect, v.AsExpected = e, new(e.Met(v.Verdict))
	}
	return v
}

// Fails reports whether v is one that a check fails for: it is not as expected or, if
// nothing is expected, a browser blocks the request, the network fails, or a finding
// is an error; or script cannot read a header that it was to read. With absent, such
// a header has to be there.
func (v *Verdict) Fails(absent bool) bool {
	switch {
	case len(check.Unreadable(v.Verdict, absent)) > 0:
		return true
	case v.AsExpected != nil:
		return !*v.AsExpected
	}
	return v.Verdict.Failed() != nil || slices.ContainsFunc(v.Findings, func(f finding.Finding) bool { return f.Severity == finding.Error })
}

// Probe is a request that was sent to find a cause, and what it shows. Its texts
// have no control characters.
type Probe struct {
	// Why says what is asked, such as "without Origin".
	Why string `json:"why"`
	// Method and URL are the request's; Origin is empty if it named none.
	Method string `json:"method"`
	URL    string `json:"url"`
	Origin string `json:"origin,omitempty"`
	// Status is 0 if there was no answer; Error then says why.
	Status int    `json:"status,omitempty"`
	Error  string `json:"error,omitempty"`
	// Shows is the answer in one line.
	Shows string `json:"shows"`
}

// Masked returns v without secrets; see [mask.Verdict]. v itself stays as it is.
func (v *Verdict) Masked() *Verdict {
	masked := &Verdict{mask.Verdict(v.Verdict), slices.Clone(v.Probes), v.Expect, v.AsExpected}
	for i := range masked.Probes {
		p := &masked.Probes[i]
		for _, s := range []*string{&p.URL, &p.Shows, &p.Error} {
			*s = string(mask.Text([]byte(*s)))
		}
	}
	return masked
}
