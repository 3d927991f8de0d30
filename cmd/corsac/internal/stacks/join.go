package stacks

import (
	"fmt"
	"slices"
	"strings"
)

// Joint is the snippet of one of several policies that are to be in one text.
type Joint struct {
	// Name is that of the policy: letters, digits and hyphens, not the same twice.
	Name    string
	Snippet *Snippet
	// Routes are what has the policy, as in [Stack.AddRoutes].
	Routes []Route
}

// keys returns the paths that a server can have only once.
func (j *Joint) keys() (list []string) {
	said, _ := splitRoutes(j.Routes)
	for _, r := range said {
		list = append(list, fmt.Sprint(r.Exact)+r.prefix())
	}
	if len(list) == 0 {
		list = []string{fmt.Sprint(false) + "/"}
	}
	return list
}

// byServer puts snippets into servers, as few as possible: one for the same path
// as another needs a server of its own.
func byServer(list []Joint) (servers [][]*Joint) {
	var taken [][]string
	for i := range list {
		j := &list[i]
		keys := j.keys()
		at := slices.IndexFunc(taken, func(has []string) bool {
			return !slices.ContainsFunc(keys, func(key string) bool { return slices.Contains(has, key) })
		})
		if at < 0 {
			at, taken, servers = len(taken), append(taken, nil), append(servers, nil)
		}
		taken[at], servers[at] = append(taken[at], keys...), append(servers[at], j)
	}
	return servers
}

// rename puts the name of the policy into names that begin with a prefix. What is
// in quotes, which is all that comes from outside, stays as it is.
func (j *Joint) rename(code, prefix, quotes string) string {
	name := prefix + strings.ReplaceAll(j.Name, "-", "_") + "_"
	// Every policy has the same preflights.
	replacer := strings.NewReplacer(prefix+"preflight", prefix+"preflight", prefix, name)
	var b strings.Builder
	for code != "" {
		begin := strings.IndexAny(code, quotes)
		if begin < 0 {
			break
		}
		end := strings.IndexByte(code[begin+1:], code[begin])
		if end < 0 {
			break
		}
		end += begin + 2
		b.WriteString(replacer.Replace(code[:begin]) + code[begin:end])
		code = code[end:]
	}
	return b.String() + replacer.Replace(code)
}

// nginxJoin writes the maps of all policies, under names of their own, and the
// locations by server.
func nginxJoin(list []Joint) (code, place string) {
	maps, locations := nginxPart1, map[string]string{}
	for i := range list {
		j := &list[i]
		of, lines, _ := strings.Cut(j.rename(j.Snippet.Code, "$cors_", `"`), "# Part 2: ")
		of = strings.TrimPrefix(of, nginxPart1)
		if i > 0 {
			of = strings.Replace(of, nginxPreflights, "", 1)
		}
		maps += strings.TrimSpace(of) + "\n"
		where, lines, _ := strings.Cut(lines, "\n")
		if where != nginxInServer { // the location is not known
			lines = fmt.Sprintf("# In the location {} of %s\n%s", j.Name, lines)
		}
		locations[j.Name] = strings.TrimSuffix(lines, "\n") + "\n"
	}
	servers := byServer(list)
	for i, server := range servers {
		where := nginxInServer
		if i > 0 {
			where = "in another server {}, for the same paths"
		}
		maps += fmt.Sprintf("\n# Part %d: %s\n", i+2, where)
		for _, j := range server {
			maps += locations[j.Name]
		}
	}
	place = "part 1 in http {}, part 2 in server {}, in place of the locations with the same paths"
	if len(servers) > 1 {
		place += "; each further part is for another server {}"
	}
	return strings.TrimSuffix(maps, "\n"), place
}

// caddyJoin writes one site with the routes of all policies, and another one for
// each further policy of the same paths.
func caddyJoin(list []Joint) (code, place string) {
	var sites []string
	for i, server := range byServer(list) {
		site := caddySite
		if i > 0 {
			site = fmt.Sprintf("api%d.example.com", i+1)
		}
		var matchers, routes string
		for i, j := range server {
			code := j.rename(j.Snippet.Code, "@cors_", "`\"")
			if i > 0 {
				code = strings.Replace(code, caddyPreflights, "", 1)
			}
			code = strings.TrimSuffix(strings.TrimPrefix(code, caddySite+" {\n"), "}")
			of, rest, _ := strings.Cut(code, "\troute ")
			matchers += of
			routes += "\troute " + rest
		}
		sites = append(sites, site+" {\n"+matchers+routes+"}")
	}
	place = "with your own address for " + caddySite
	if len(sites) > 1 {
		place += ", and for those after it, which have other policies for the same paths"
	}
	return strings.Join(sites, "\n\n"), place
}
