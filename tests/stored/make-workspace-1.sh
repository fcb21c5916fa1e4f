#!/bin/sh
# How workspace-1.tar.gz was made: `make-workspace-1.sh COORDINATOR FOLDER`, with the
# program of layout 1 as it was before anything was changed in it (version 0.1.0, November
# 2026). Kept to be read: a later program would write another workspace.
set -eu
coordinator=$1 top=$2
mkdir "$top" && top=$(cd "$top" && pwd -P) && cd "$top"
export HOME=$top/home GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null LC_ALL=C TZ=UTC
export GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=ann@example.org
export GIT_COMMITTER_NAME=Ann GIT_COMMITTER_EMAIL=ann@example.org
mkdir home

git init -q -b main shop
printf 'one\n' > shop/a.txt
printf '*.log\n' > shop/.gitignore
git -C shop add . && git -C shop commit -q -m 'Begin the shop'
printf '#!/bin/sh\necho earlier >> "$(git rev-parse --git-common-dir)/earlier"\n' > shop/.git/hooks/pre-push
chmod +x shop/.git/hooks/pre-push

"$coordinator" init work --repo shop=shop
sed -i 's#^"shop" = .*#"shop" = "../shop"#' work/coordinator.toml
cd work
c() { "$coordinator" "$@"; }
as() { (cd "$top/work" && cd "$1" && shift && "$coordinator" "$@"); }

# Contexts, decisions with hashed ids and with equal numbers, learnings.
c --as docs context set --state working --task 'Write the guide'
printf 'Backend Developer Active: today\n' > agent-system/active-contexts/backend-developer-status.md
cat > agent-system/learnings/backend-architecture.md <<'END'
# Architecture

## Decision Log

- Sessions are kept in the database, so that a restart loses none
- **Use opaque tokens** (2026-01-31, by backend)
END
record() { printf '# 7. %s\n\nDate: 2026-01-31\n\n## Status\n\nAccepted\n\n## Decision\n\nSo be it.\n' "$1"; }
record 'Use queues' > agent-system/learnings/0007-use-queues.md
record 'Use polling' > agent-system/learnings/0007-use-polling.md
c decision list

# A checklist with a box in progress and one left out: finished.
cat > "$top/small.md" <<'END'
# Small change

## Work
- [ ] Write it
- [~] Ask around
- [ ] Translate it
- [ ] Show it
END
c workflow import "$top/small.md"
c workflow start small --agent docs
as shop-docs workflow tick small-1 1
as shop-docs workflow next small-1
copy=agent-system/active-contexts/runs/small-1/workflow.md
sed -i 's/- \[ \] Translate it/- [-] Translate it: nobody reads it/' $copy
c workflow show small-1
as shop-docs workflow tick small-1 4
c workflow show small-1

# The same template in a second version, with a run under way that waits at a gate.
cat > "$top/feature.md" <<'END'
# Feature

## Task Management
- [ ] Choose the task

## Primary Feature
Name: [Feature Name]

### Planning Phase
- [ ] Sketch the data
- [ ] Ask the others
- [ ] PAUSE, check in with the user
- Notes: [Notes]

### Implementation Phase
- [ ] Write the code
END
c workflow import "$top/feature.md"
c workflow start feature --agent backend --set 'Feature Name=Login'
as shop-backend workflow tick feature-1 1
as shop-backend workflow tick feature-1 2
as shop-backend workflow tick feature-1 3 --skip --comment 'They are away'
printf -- '- [ ] Write the tests\n' >> "$top/feature.md"
c workflow import "$top/feature.md"

# Steps: one succeeded, one taken under a lease.
cat > "$top/steps.md" <<'END'
# Rye bread

## Task-01 (Tactical Level) - Dough
- ID: T01
- Prerequisites: None

### Subtask-01 (Operational Level) - Mixing
- ID: T01-S01
- Prerequisites: None
- Max Retries: 1
- Steps:
    - Step ID: T01-S01-01
      - Success Criteria:
          - File Exists: `dough.txt`
    - Step ID: T01-S01-02
      - Success Criteria:
          - File Exists: `kneaded.txt`
END
c workflow import "$top/steps.md"
c workflow start steps --agent frontend
as shop-frontend workflow next steps-1
as shop-frontend workflow take steps-1 T01-S01-01
(cd shop-frontend && git switch -q -c frontend/bread && echo dough > dough.txt &&
	git add . && git commit -q -m 'Weigh the dough')
echo '{"files": ["dough.txt"]}' | as shop-frontend workflow submit steps-1 T01-S01-01
as shop-frontend workflow take steps-1 T01-S01-02

# Pending items of several states; a worktree saved by force, one put back into the pool.
(cd shop-backend && git switch -q -c backend/login && echo login > login.py &&
	git add . && git commit -q -m 'Add login')
echo 'Ready to land.' | as shop-backend pending submit --title 'Add login'
as shop-backend worktree add backend search
(cd shop-backend--search && echo search > search.py && git add . &&
	git commit -q -m 'Add search')
echo 'Ready too.' | as shop-backend--search pending submit --title 'Add search'
as shop-backend--search pending withdraw backend-search
echo draft >> shop-backend--search/search.py
c worktree remove backend search --force
c worktree add docs guide
(cd shop-docs && echo guide > guide.md && git add . && git commit -q -m 'Begin the guide')
c worktree add docs second
c worktree remove docs second
printf '# Request to frontend: show the login form\n' > pending-commits/backend-request.md
as shop-frontend pending ack backend-request --key K1
printf '## Docs Workflow Complete\n- Feature: guide\n- Status: Ready\n' > pending-commits/docs-final-status.md
c --as docs context set --state waiting --task 'Review the guide'

# What that program said of it.
mkdir "$top/answers"
for asked in 'context list' 'decision list' 'pending list' 'worktree list' 'workflow list' \
	'workflow show small-1' 'workflow show feature-1' 'workflow show steps-1' \
	'workflow show steps-1 T01-S01-02' 'history --limit 1000' 'agent list' 'inbox' check; do
	c --json $asked > "$top/answers/$asked.json"
done
git -C .coordinator/history.git rev-parse main > "$top/answers/history"

# What of the machine stands in it: logs, and paths, which the tests put in again.
rm -rf .coordinator/logs .coordinator/tmp .coordinator/store.git/logs
mv "$HOME/.config/agent-coordinator" "$top/maintainer"
cd "$top" && rm -rf home ./*.md shop/.git/hooks/*.sample
grep -rlZF "$top" answers shop/.git/worktrees work/shop-*/.git work/.coordinator/pool \
	work/.coordinator/trash | xargs -0 sed -i "s#$top#@TOP@#g"
if grep -rlF "$top" .; then exit 1; fi
tar --sort=name --owner=0 --group=0 --numeric-owner -cf - . | gzip -9n > "$top.tar.gz"
