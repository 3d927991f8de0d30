package learn

import (
	"slices"

	"github.com/corsac-dev/corsac/origin"
)

// Choose splits what was learned into policies for the user's own servers and the
// others, such as those of analytics. The user's own are those in own, which are
// origins; without any, they are the servers on the site of a page or on this
// machine, or the only one.
func Choose(list []Learned, own []string) (chosen, others []Learned) {
	for i := range list {
		l := list[i]
		if len(own) == 0 && (len(list) == 1 || l.isFirstParty()) || slices.Contains(own, l.Server) {
			chosen = append(chosen, l)
		} else {
			others = append(others, l)
		}
	}
	return chosen, others
}

func (l *Learned) isFirstParty() bool {
	server, err := origin.Parse(l.Server)
	if err != nil {
		return false
	}
	if server.AddressSpace() > origin.SpacePublic {
		return true
	}
	return slices.ContainsFunc(l.Policy.AllowOrigins, func(from string) bool {
		o, err := origin.Parse(from)
		return err == nil && o.SameSite(server)
	})
}
