package dist

import (
	_ "embed"
	"encoding/json"
	"path"
)

// scope begins the names of the packages with programs.
const scope = "@corsac-dev/"

//go:embed corsac.js
var launcher []byte

// manifest is a package.json.
type manifest struct {
	Name                 string            `json:"name"`
	Version              string            `json:"version"`
	Description          string            `json:"description"`
	Homepage             string            `json:"homepage"`
	Repository           repository        `json:"repository"`
	License              string            `json:"license"`
	Bin                  map[string]string `json:"bin,omitempty"`
	Engines              map[string]string `json:"engines,omitempty"`
	OS                   []string          `json:"os,omitempty"`
	CPU                  []string          `json:"cpu,omitempty"`
	PreferUnplugged      bool              `json:"preferUnplugged,omitempty"` // Yarn must not leave the program in an archive
	OptionalDependencies map[string]string `json:"optionalDependencies,omitempty"`
}

type repository struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

func (r Release) manifest(name, description string) manifest {
	const home = "https://github.com/corsac-dev/corsac"
	return manifest{
		Name: name, Version: r.Version, Description: description, License: "MIT",
		Homepage: home, Repository: repository{"git", "git+" + home + ".git"},
	}
}

// npmMain returns the files of the package that people install.
func (r Release) npmMain(common []file) []file {
	m := r.manifest("corsac", "CORS, end to end: what a browser does with a request, why, and the fix")
	m.Bin = map[string]string{"corsac": "bin/corsac.js"}
	m.Engines = map[string]string{"node": ">=18"}
	m.OptionalDependencies = map[string]string{}
	for _, p := range Platforms {
		m.OptionalDependencies[p.npmName()] = r.Version
	}
	return npmPackage(m, file{"bin/corsac.js", launcher, programMode}, common)
}

// npmPlatform returns the files of the package with the program of a platform.
func (r Release) npmPlatform(p Platform, program []byte, common []file) []file {
	m := r.manifest(p.npmName(), "The program of the package corsac for "+p.node+" "+p.cpu)
	m.OS, m.CPU, m.PreferUnplugged = []string{p.node}, []string{p.cpu}, true
	return npmPackage(m, file{"bin/" + p.executable, program, programMode}, common)
}

func (p Platform) npmName() string { return scope + p.node + "-" + p.cpu }

// npmPackage returns the files of a package of npm, whose archives have them in a
// folder of that name.
func npmPackage(m manifest, program file, common []file) (files []file) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		panic(err) // texts are always JSON
	}
	for _, f := range append([]file{{"package.json", append(text, '\n'), textMode}, program}, common...) {
		files = append(files, file{path.Join("package", f.name), f.text, f.mode})
	}
	return files
}
