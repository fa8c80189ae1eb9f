package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"confab/app/chat"
	"confab/app/service"
	"confab/cmd/confab/console"
	"confab/cmd/confab/datafolder"
)

type usersListCmd struct {
	datafolder.Flag
	console.Format

	Deleted bool `help:"List only the deleted accounts. Their handles are forgotten after 30 days."`
}

type banObject struct {
	console.Head

	Kind   chat.BanKind `json:"kind"`
	Target string       `json:"target"`
	By     string       `json:"by"`
	Reason string       `json:"reason,omitempty"`
	MadeAt *string      `json:"made_at"`
	Until  *string      `json:"until,omitempty"`
}

func objectOf(b chat.Ban) *banObject {
	return &banObject{console.NewHead("ban"), b.Kind, b.Title(), b.MadeBy, b.Reason, console.Stamp(b.MadeAt), console.Stamp(b.EndsAt)}
}

type accountObject struct {
	console.Head

	ID          string     `json:"id"`
	Name        string     `json:"name"`
	DisplayName string     `json:"display_name,omitempty"`
	Role        chat.Role  `json:"role"`
	Bot         bool       `json:"bot"`
	Disabled    bool       `json:"disabled"`
	Ban         *banObject `json:"ban,omitempty"`
	Silence     *banObject `json:"silence,omitempty"`
	Keys        int        `json:"keys"`
	LastLoginAt *string    `json:"last_login_at,omitempty"`
	CreatedAt   *string    `json:"created_at"`
}

type deletedObject struct {
	console.Head

	Name      string  `json:"name,omitempty"`
	DeletedAt *string `json:"deleted_at,omitempty"`
}

func (c *usersListCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		if c.Deleted {
			gone, err := service.Accounts().Deleted(ctx)
			if err != nil {
				return err
			}
			return console.List(c.Format, out, gone, "No accounts have been deleted.", func(n chat.FormerName) console.Item {
				columns := []string{"(forgotten)"}
				if n.Name != "" {
					columns = []string{n.Name, "deleted " + console.Day(n.EndedAt)}
				}
				return console.Item{Object: deletedObject{console.NewHead("deleted_account"), n.Name, console.Stamp(n.EndedAt)}, Columns: columns}
			})
		}
		users, err1 := service.Host().Users(ctx)
		keys, err2 := service.Accounts().Keys(ctx, "")
		bans, err3 := service.Host().Bans(ctx)
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		count, login := map[chat.UserID]int{}, map[chat.UserID]time.Time{}
		banned, silenced := map[chat.UserID]chat.Ban{}, map[chat.UserID]chat.Ban{}
		for _, k := range keys {
			count[k.UserID]++
			if k.LastUsedAt.After(login[k.UserID]) {
				login[k.UserID] = k.LastUsedAt
			}
		}
		for _, b := range bans {
			switch b.Kind {
			case chat.BanAccount:
				banned[b.User] = b
			case chat.BanSilence:
				silenced[b.User] = b
			}
		}
		return console.List(c.Format, out, users, "There are no accounts yet. Add one with  confab keys add"+c.Option()+" NAME FILE", func(u chat.User) console.Item {
			o := accountObject{
				Head: console.NewHead("account"), ID: u.UID.String(), Name: u.Name, DisplayName: u.DisplayName, Role: u.Role, Bot: u.Bot, Disabled: u.Disabled,
				Keys: count[u.ID], LastLoginAt: console.Stamp(login[u.ID]), CreatedAt: console.Stamp(u.CreatedAt),
			}
			state := "enabled"
			if u.Disabled {
				state = "disabled"
			}
			columns := []string{u.Name, string(u.Role), state, console.Day(u.CreatedAt), "last login: " + console.Day(login[u.ID])}
			if u.Bot {
				columns = append(columns, "bot")
			}
			if b, is := banned[u.ID]; is {
				o.Ban = objectOf(b)
				columns = append(columns, "banned "+banEnd(b))
			}
			if b, is := silenced[u.ID]; is {
				o.Silence = objectOf(b)
				columns = append(columns, "silenced "+banEnd(b))
			}
			return console.Item{Object: o, Columns: columns}
		})
	})
}

type usersRenameCmd struct {
	datafolder.Flag
	userArg

	To string `arg:"" help:"The new handle. Nobody else can have the old one for 30 days."`
}

func (c *usersRenameCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		user, err := service.Accounts().Rename(ctx, c.Name, c.To)
		if err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "%s is now %s\n", c.Name, user.Name)
		return nil
	})
}

type usersExportCmd struct {
	datafolder.Flag
	userArg
}

func (c *usersExportCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		return service.Accounts().Export(ctx, c.Name, out.Out)
	})
}

type usersDeleteCmd struct {
	datafolder.Flag
	console.Confirm
	userArg

	Purge bool `help:"Also delete its messages. Without --purge, they stay as those of a deleted user."`
}

func (c *usersDeleteCmd) Run(ctx context.Context, out console.Streams) error {
	return c.WithService(ctx, out, func(service *service.Service) error {
		user, err := service.Host().Deletable(ctx, c.Name)
		if err != nil {
			return err
		}
		what, rest := "delete the account "+user.Name, "its messages stay, as a deleted user's"
		if c.Purge {
			what, rest = what+" with all its messages", "its messages are deleted too"
		}
		if do, err := c.Confirmed(ctx, out, what); !do {
			return err
		}
		if user, err = service.Host().DeleteUser(ctx, c.Name, c.Purge); err != nil {
			return err
		}
		fmt.Fprintf(out.Out, "deleted  %s; %s\n", user.Name, rest)
		return nil
	})
}
