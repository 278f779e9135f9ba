import { join } from "node:path";

/** A project's folder for a test, and what is in it. */
export interface TestFolder {
  readonly dir: string;
  write(path: string, text: string): Promise<void>;
  read(path: string): Promise<string>;
  /** The text of each file below `supabase/`, by its path there. */
  all(): Promise<Map<string, string>>;
}

/** Gives some work a folder with an empty Supabase project. */
export async function withTestFolder(
  work: (folder: TestFolder) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  const place = (path: string) => join(dir, "supabase", path);
  const folder: TestFolder = {
    dir,
    async write(path, text) {
      await Deno.mkdir(join(place(path), ".."), { recursive: true });
      await Deno.writeTextFile(place(path), text);
    },
    read: (path) => Deno.readTextFile(place(path)),
    async all() {
      const files = new Map<string, string>();
      const walk = async (path: string) => {
        for await (const { name, isDirectory } of Deno.readDir(place(path))) {
          const inner = join(path, name);
          if (isDirectory) await walk(inner);
          else files.set(inner, await folder.read(inner));
        }
      };
      await walk("");
      return new Map([...files].sort());
    },
  };
  try {
    await folder.write("config.toml", 'project_id = "test"\n');
    await work(folder);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}
