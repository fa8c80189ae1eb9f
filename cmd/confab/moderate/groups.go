package moderate

import (
	"context"
	"fmt"
	"strings"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

// GroupsCmd is the command "groups".
type GroupsCmd struct {
	List    groupsListCmd    `cmd:"" help:"List all groups, private ones too."`
	Info    groupsInfoCmd    `cmd:"" help:"Show the topic, the settings and the owners of a group."`
	Members groupsMembersCmd `cmd:"" help:"List the members of a group and their roles in it."`
	Rename  groupsRenameCmd  `cmd:"" help:"Change the name of a group."`
	Delete  groupsDeleteCmd  `cmd:"" help:"Delete a group with all its messages and files, for everyone."`
}

// groupArg is the group on which a command acts.
type groupArg struct {
	Group string `arg:"" help:"Name of the group, with or without #, or its id as confab groups list shows it."`
}

type groupObject struct {
	console.Head

	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Topic      string   `json:"topic,omitempty"`
	Public     bool     `json:"public"`
	MembersAdd bool     `json:"members_add"`
	History    bool     `json:"history"`
	ReadOnly   bool     `json:"read_only"`
	Slow       string   `json:"slow,omitempty"`
	Keep       string   `json:"keep,omitempty"`
	Members    int      `json:"members"`
	Owners     []string `json:"owners"`
	Newest     chat.Seq `json:"newest"`
	LastAt     *string  `json:"last_at,omitempty"`
	CreatedAt  *string  `json:"created_at"`
}

func objectOf(g chat.Group) groupObject {
	o := groupObject{
		Head: console.NewHead("group"), ID: g.UID.String(), Name: g.Name, Topic: g.Topic, Public: g.Public, MembersAdd: g.MembersAdd, History: g.OpenHistory, ReadOnly: g.ReadOnly,
		Members: g.Members, Owners: g.Owners, Newest: g.LastSeq, LastAt: console.Stamp(g.LastAt), CreatedAt: console.Stamp(g.CreatedAt),
	}
	if g.Keep > 0 {
		o.Keep = chat.KeepText(g.Keep)
	}
	if g.Slow > 0 {
		o.Slow = chat.SlowText(g.Slow)
	}
	if g.LastSeq == 0 {
		o.LastAt = nil
	}
	return o
}

// access says who can find a group.
func access(g chat.Group) string {
	if g.Public {
		return "public"
	}
	return "private"
}

type groupsListCmd struct {
	datafolder.Flag
	console.Format
}

func (c *groupsListCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(s *service.Service) error {
		groups, err := service.ContentsOf(s).Groups(ctx)
		if err != nil {
			return err
		}
		return console.List(c.Format, out, groups, "There are no groups.", func(g chat.Group) console.Item {
			return console.Item{Object: objectOf(g), Columns: []string{"#" + g.Name, access(g), fmt.Sprintf("members: %d", g.Members), g.UID.String(), strings.Join(g.Owners, ", ")}}
		})
	})
}

type groupsInfoCmd struct {
	datafolder.Flag
	console.Format
	groupArg
}

func (c *groupsInfoCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(s *service.Service) error {
		g, err := service.ContentsOf(s).Group(ctx, c.Group)
		if err != nil {
			return err
		}
		if c.JSON {
			return console.List(c.Format, out, []chat.Group{g}, "", func(g chat.Group) console.Item { return console.Item{Object: objectOf(g)} })
		}
		onOff := map[bool]string{true: "on", false: "off"}
		last := "no messages"
		if g.LastSeq > 0 {
			last = fmt.Sprintf("number %d, %s", g.LastSeq, console.Minute(g.LastAt))
		}
		facts := [][2]string{
			{"name", "#" + g.Name}, {"id", g.UID.String()}, {"topic", g.Topic}, {"access", access(g)}, {"members-add", onOff[g.MembersAdd]}, {"history", onOff[g.OpenHistory]},
			{"read-only", onOff[g.ReadOnly]}, {"slow", chat.SlowText(g.Slow)}, {"keep", chat.KeepText(g.Keep)}, {"members", fmt.Sprint(g.Members)}, {"owners", strings.Join(g.Owners, ", ")}, {"newest", last}, {"created", g.CreatedAt.Format(time.DateOnly)},
		}
		return console.List(c.Format, out, facts, "", func(f [2]string) console.Item { return console.Item{Columns: f[:]} })
	})
}

type groupsMembersCmd struct {
	datafolder.Flag
	console.Format
	groupArg
}

type memberObject struct {
	console.Head

	Group    string    `json:"group"`
	Name     string    `json:"name"`
	Role     chat.Role `json:"role"`
	Bot      bool      `json:"bot"`
	Disabled bool      `json:"disabled"`
}

func (c *groupsMembersCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(s *service.Service) error {
		g, members, err := service.ContentsOf(s).Members(ctx, c.Group)
		if err != nil {
			return err
		}
		return console.List(c.Format, out, members, "The group has no members.", func(m chat.Member) console.Item {
			columns := []string{m.Name, string(m.Role)}
			if m.Bot {
				columns = append(columns, "bot")
			}
			if m.Disabled {
				columns = append(columns, "disabled")
			}
			return console.Item{Object: memberObject{console.NewHead("member"), g.Name, m.Name, m.Role, m.Bot, m.Disabled}, Columns: columns}
		})
	})
}

type groupsRenameCmd struct {
	datafolder.Flag
	groupArg

	To string `arg:"" help:"The new name: lower-case letters, digits and -."`
}

func (c *groupsRenameCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(s *service.Service) error {
		g, err := service.ContentsOf(s).Group(ctx, c.Group)
		if err != nil {
			return err
		}
		if err := service.ContentsOf(s).RenameGroup(ctx, g.UID.String(), c.To); err != nil {
			return err
		}
		to, err := service.ContentsOf(s).Group(ctx, g.UID.String())
		if err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "#%s is now #%s\n", g.Name, to.Name)
		return nil
	})
}

type groupsDeleteCmd struct {
	datafolder.Flag
	console.Confirm
	groupArg
}

func (c *groupsDeleteCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(s *service.Service) error {
		g, err := service.ContentsOf(s).Deletable(ctx, c.Group)
		if err != nil {
			return err
		}
		what := fmt.Sprintf("delete the group #%s (%s) with all its messages and files for its %d members", g.Name, access(g), g.Members)
		if do, err := c.Confirmed(ctx, out, what); !do {
			return err
		}
		if err := service.ContentsOf(s).DeleteGroup(ctx, g.UID.String()); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "deleted  #%s\n", g.Name)
		return nil
	})
}
