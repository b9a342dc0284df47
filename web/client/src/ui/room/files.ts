/** Files that are pasted or dropped are refused with the reason, instead of nothing happening. */
import { useState } from "preact/hooks";

const WHY = "Files and pictures cannot be sent here yet. Write a text, or use a way that your firm allows for files.";

export function useFilesRefused() {
  const [refused, setRefused] = useState("");
  return {
    refused,
    forget: () => setRefused(""),
    paste: (event: ClipboardEvent) => {
      // Office programs put a picture beside the text that was copied: then the text is meant.
      if (!holdsFiles(event.clipboardData) || event.clipboardData?.types.includes("text/plain")) return;
      event.preventDefault();
      setRefused(WHY);
    },
    over: (event: DragEvent) => {
      // Without this the browser would open the file in the place of this page.
      if (holdsFiles(event.dataTransfer)) event.preventDefault();
    },
    drop: (event: DragEvent) => {
      if (!holdsFiles(event.dataTransfer)) return;
      event.preventDefault();
      setRefused(WHY);
    },
  };
}

function holdsFiles(data: DataTransfer | null): boolean {
  return data?.types.includes("Files") ?? false;
}
