package config

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/internal/yamlread"
)

// Mode says whose CORS headers the responses of a route have.
type Mode string

// The modes of a route.
const (
	// ModeOwn is the default: the policy's, and none of the upstream's.
	ModeOwn Mode = ""
	// ModeFill keeps those of the upstream where it sends any, and otherwise sets the
	// policy's. Preflights go to the upstream first.
	ModeFill Mode = "fill"
	// ModePassthrough keeps those of the upstream, preflights included. The policy is
	// only compared with them.
	ModePassthrough Mode = "passthrough"
)

// modeOptions returns the fields of a route about its mode and its trial.
func (r *reader) modeOptions(rt *Route) yamlread.Fields {
	return yamlread.Fields{
		"mode": func(v yamlread.Value) {
			var word string
			if r.Text(&word)(v); word == "" {
				return
			}
			switch rt.Mode = Mode(word); rt.Mode {
			case ModeFill, ModePassthrough:
			case "own":
				rt.Mode = ModeOwn
			default:
				r.Refuse(v.Place, Error{
					Code: CodeRouteOption, Value: word, Why: "it is not one of own, fill and passthrough",
					Fix: "write own, which is the default, fill for the policy's headers only where the upstream sets none, or passthrough for the upstream's own",
				})
			}
		},
		"trial":   r.Text(&rt.Trial),
		"rollout": func(v yamlread.Value) { rt.Rollout = r.percent(v) },
		"rewrite": func(v yamlread.Value) {
			rewrite := true
			r.Bool(&rewrite)(v)
			rt.KeepAddresses = !rewrite
		},
	}
}

// percent reads a whole number of percent, such as 25%.
func (r *reader) percent(v yamlread.Value) int {
	text, ok := v.Text()
	digits, isPercent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseUint(digits, 10, 7)
	switch {
	case !ok:
		r.RefuseType(v, "a percentage", "write one such as 25%")
	case err == nil && n <= 100 && !isPercent:
		r.Refuse(v.Place, Error{Code: CodeRouteOption, Value: text, Why: "it has no percent sign", Fix: fmt.Sprintf("write %d%%", n)})
	case err != nil || n > 100:
		r.Refuse(v.Place, Error{Code: CodeRouteOption, Value: text, Why: "it is not a whole number of percent", Fix: "write one from 0% to 100%"})
	default:
		return int(n)
	}
	return 0
}

// checkTrial checks how the policies of a route go with each other and its mode.
func (r *reader) checkTrial(at routePlaces, rt *Route, c *Config) {
	refuse := func(field, value, why, fix string) {
		if place, ok := at.fields[field]; ok {
			r.Refuse(place, Error{Code: CodeRouteOption, Value: value, Why: why, Fix: fix})
		}
	}
	if place, ok := at.fields["trial"]; ok {
		r.needPolicy(place, rt.Trial, c)
	}
	_, rolls := at.fields["rollout"]
	switch {
	case rt.Trial != "" && rt.Trial == rt.Policy:
		refuse("trial", rt.Trial, "it is the policy of the route", "write the name of another policy, which is compared with it")
	case rt.Trial != "" && rt.Mode == ModePassthrough:
		refuse("trial", rt.Trial, "in this mode, the policy itself is on trial", "remove it here, and write the policy to try as policy")
	case rolls && rt.Trial == "":
		refuse("rollout", fmt.Sprintf("%d%%", rt.Rollout), "there is no policy to roll out", "add its name as trial")
	}
	if rt.HideOrigin && rt.Mode == ModePassthrough {
		refuse("hide_origin", "", "in this mode, the upstream handles CORS, for which it needs the origin", "remove it, or let the policy set the headers with mode: own")
	}
}

// writeModes writes the fields of modeOptions.
func (r *Route) writeModes(b *bytes.Buffer) {
	writeText(b, "      mode: ", string(r.Mode))
	writeText(b, "      trial: ", r.Trial)
	if r.Rollout != 0 {
		fmt.Fprintf(b, "      rollout: %d%%\n", r.Rollout)
	}
	if r.KeepAddresses {
		b.WriteString("      rewrite: false\n")
	}
}
