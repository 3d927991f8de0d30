package diagnose

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Verdict is a verdict with the probes that were sent to find its cause. Its JSON
// is that of the verdict, and the probes beside it.
type Verdict struct {
	*verdict.Verdict

	Probes []Probe `json:"probes,omitempty"`
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
	masked := &Verdict{mask.Verdict(v.Verdict), slices.Clone(v.Probes)}
	for i := range masked.Probes {
		p := &masked.Probes[i]
		for _, s := range []*string{&p.URL, &p.Shows, &p.Error} {
			*s = string(mask.Text([]byte(*s)))
		}
	}
	return masked
}
