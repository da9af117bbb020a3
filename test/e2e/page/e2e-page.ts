/** The page that the end-to-end tests drive: all commands, by name. */
import { serveCommands } from "./command-loop.ts"
import { damage } from "./damage.ts"
import { kill } from "./kill.ts"
import { largeFile } from "./large-file.ts"
import { typing } from "./typing.ts"
import { platform } from "./platform.ts"
import { secrecy } from "./secrecy.ts"
import { sync } from "./sync.ts"
import { tabs } from "./tabs.ts"

const commands = { ...platform, ...kill, ...tabs, ...damage, ...secrecy, ...sync, ...largeFile, ...typing }

/** What tests may call. */
export type PageCommands = typeof commands

void serveCommands(commands)
