package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Run prints the script, made from the command line's own model, so that it
// never names a flag that does not exist.
func (c *completionCmd) Run(parser *kong.Kong, s streams) error {
	switch c.Shell {
	case "fish":
		return fishCompletion(s.out, parser.Model)
	case "zsh":
		if _, err := fmt.Fprintln(s.out, "autoload -U +X bashcompinit && bashcompinit"); err != nil {
			return err
		}
	}
	return bashCompletion(s.out, parser.Model)
}

// bashCompletion also serves zsh through its emulation.
func bashCompletion(w io.Writer, app *kong.Application) error {
	var b, groups strings.Builder
	b.WriteString("_parley() {\n  local cur=${COMP_WORDS[COMP_CWORD]} words\n  case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n")
	for _, cmd := range app.Children {
		if len(cmd.Children) == 0 {
			fmt.Fprintf(&b, "    %q*) words=%q ;;\n", cmd.Name+" ", strings.Join(flagNames(cmd), " "))
			continue
		}
		for _, sub := range cmd.Children {
			fmt.Fprintf(&b, "    %q) words=%q ;;\n", cmd.Name+" "+sub.Name, strings.Join(flagNames(sub), " "))
		}
		fmt.Fprintf(&groups, "  if ((COMP_CWORD == 2)) && [[ ${COMP_WORDS[1]} == %s ]]; then words=%q; fi\n", cmd.Name, commandNames(cmd.Children))
	}
	fmt.Fprintf(&b, "  esac\n%s", groups.String())
	fmt.Fprintf(&b, "  if ((COMP_CWORD == 1)); then words=%q; fi\n", commandNames(app.Children))
	b.WriteString("  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n")
	b.WriteString("complete -o default -F _parley parley\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func commandNames(cmds []*kong.Node) string {
	names := make([]string, len(cmds))
	for i, cmd := range cmds {
		names[i] = cmd.Name
	}
	return strings.Join(names, " ")
}

func fishCompletion(w io.Writer, app *kong.Application) error {
	var b strings.Builder
	flags := func(seen string, cmd *kong.Node) {
		for _, f := range cmd.Flags {
			fmt.Fprintf(&b, "complete -c parley -n '%s' -l %s -d %q\n", seen, f.Name, f.Help)
		}
	}
	for _, cmd := range app.Children {
		seen := "__fish_seen_subcommand_from " + cmd.Name
		fmt.Fprintf(&b, "complete -c parley -n __fish_use_subcommand -a %s -d %q\n", cmd.Name, cmd.Help)
		for _, sub := range cmd.Children {
			fmt.Fprintf(&b, "complete -c parley -n '%s; and not __fish_seen_subcommand_from %s' -a %s -d %q\n",
				seen, commandNames(cmd.Children), sub.Name, sub.Help)
			flags(seen+"; and __fish_seen_subcommand_from "+sub.Name, sub)
		}
		flags(seen, cmd)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func flagNames(cmd *kong.Node) []string {
	names := []string{"--help"}
	for _, f := range cmd.Flags {
		names = append(names, "--"+f.Name)
	}
	return append(names, completableArgs(cmd)...)
}

// completableArgs are the values of arguments that come from a closed list.
func completableArgs(cmd *kong.Node) []string {
	var out []string
	for _, p := range cmd.Positional {
		if p.Enum != "" {
			out = append(out, strings.Split(p.Enum, ",")...)
		}
	}
	return out
}
