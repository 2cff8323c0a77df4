#!/bin/sh
# A protocol and a table of grades, converted by pandoc and LibreOffice.
for t in odt rst jats; do pandoc --standalone -t $t -o files/pandoc/protocol.$t programs/protocol.md; done
cp files/pandoc/protocol.odt protocol.odt
for t in doc rtf; do soffice -env:UserInstallation=file://"$PROFILE" --headless --convert-to $t --outdir files/libreoffice protocol.odt >/dev/null 2>&1; done
for t in fods xls slk; do soffice -env:UserInstallation=file://"$PROFILE" --headless --convert-to $t --outdir files/libreoffice programs/schedule.csv >/dev/null 2>&1; done
rm protocol.odt
