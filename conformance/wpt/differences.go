package wpt

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
)

// Difference is why a profile does not do what some cases of a file assert. The
// browsers do not either; for the Fetch standard, the tests are ahead of it.
type Difference struct {
	Profile fetch.Profile
	File    string
	// About are the cases of the file whose names contain it, and Want what is
	// asserted of them; "" stands for all.
	About, Want string
	Why         string
	// Cases is how many there are, once they have been measured.
	Cases int
}

// Differences returns all of them.
func Differences() []*Difference {
	const (
		redirects = "fetch/api/redirect/redirect-location.any.js"
		stars     = "fetch/api/cors/cors-preflight-star.any.js"
		types     = "fetch/corb/img-mime-types-coverage.tentative.sub.html"
		covers    = "`*` also covers Authorization"
		relaxed   = "to other sites, policies that send more than the default are ignored"
	)
	return []*Difference{
		{Profile: fetch.Chromium, File: stars, About: "Authorization is not listed", Why: covers},
		{Profile: fetch.Firefox, File: stars, About: "Authorization is not listed", Why: covers},
		{Profile: fetch.Chromium, File: "fetch/api/cors/cors-redirect-credentials.any.js", About: "own to own", Why: "a Location with user name or password is always refused"},
		{Profile: fetch.Chromium, File: redirects, About: "error, to \"\"", Why: "without Location, redirect mode `error` does not apply"},
		{Profile: fetch.Firefox, File: "fetch/api/cors/cors-preflight-referrer.any.js", About: "policy", Why: relaxed},
		{Profile: fetch.Firefox, File: "referrer-policy/gen/top.http-rp/*/fetch.https.html", About: "to " + remote, Why: relaxed},
		{Profile: fetch.Firefox, File: types, About: "text/plain", Why: "text is not blocked if it is not JSON, HTML or XML"},
		{Profile: fetch.Standard, File: types, Want: "error", Why: "opaque response blocking is not part of the standard yet"},
	}
}

// explains reports whether a difference is about a case.
func (d *Difference) explains(p fetch.Profile, c *Case) bool {
	return d.Profile == p && d.File == c.File && strings.Contains(c.Name, d.About) && (d.Want == "" || d.Want == c.Want)
}

// Row is how many cases of a file agree, by profile.
type Row struct {
	File   string
	Cases  int
	Agrees map[fetch.Profile]int
}

// Profiles are those with which the cases run.
var Profiles = []fetch.Profile{fetch.Standard, fetch.Chromium, fetch.Firefox}

// Measure runs all cases. It returns the rows in the order of the files, the
// differences with their numbers of cases, and what no difference explains.
func Measure() (rows []*Row, differences []*Difference, unexplained []string, err error) {
	differences = Differences()
	for _, c := range Cases() {
		if len(rows) == 0 || rows[len(rows)-1].File != c.File {
			rows = append(rows, &Row{File: c.File, Agrees: map[fetch.Profile]int{}})
		}
		row := rows[len(rows)-1]
		row.Cases++
		for _, p := range Profiles {
			got, err := c.See(p)
			if err != nil {
				return nil, nil, nil, err
			}
			if got == c.Want {
				row.Agrees[p]++
				continue
			}
			explained := false
			for _, d := range differences {
				if d.explains(p, c) && !explained {
					d.Cases++
					explained = true
				}
			}
			if !explained {
				unexplained = append(unexplained, fmt.Sprintf("%s, %s, %s: %s is %q, want %q", p, c.File, c.Name, c.Look, got, c.Want))
			}
		}
	}
	return rows, differences, unexplained, nil
}
