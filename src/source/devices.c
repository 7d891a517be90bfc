/* devices: see devices.h. */
#include "source/devices.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "source/source.h"

/* Not interfaces of a network, or all of them: said apart. */
static bool is_other(const char *name)
{
	static const char *const others[] = {"any", "bluetooth", "dbus", "nflog", "nfqueue", "usbmon"};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (!strncmp(name, others[i], strlen(others[i])))
			return true;
	return false;
}

void devices_list(struct strbuf *names, bool marks)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_if_t *devices = NULL;

	if (pcap_findalldevs(&devices, why) != 0)
		return;
	for (const pcap_if_t *device = devices; device; device = device->next) {
		if (is_other(device->name))
			continue;
		strbuf_addf(names, "%s%s", names->length ? ", " : "", device->name);
		strbuf_add(names, marks && !(device->flags & PCAP_IF_UP) ? " (down)" : "");
	}
	pcap_freealldevs(devices);
}

void source_list_interfaces(struct strbuf *names)
{
	devices_list(names, true);
}

/* Where this program is, for a command to be copied. */
static const char *own_path(char path[PATH_MAX])
{
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);

	if (length <= 0)
		return "lastack";
	path[length] = '\0';
	return path;
}

bool devices_explain(const char *name, int status, pcap_t *pcap, struct err *err)
{
	const char *why = pcap && *pcap_geterr(pcap) ? pcap_geterr(pcap) : pcap_statustostr(status);
	struct strbuf names = {0};
	char path[PATH_MAX];

	switch (status) {
	case PCAP_ERROR_NO_SUCH_DEVICE:
		devices_list(&names, false);
		err_set(err, ERR_FAILED, "%s: no such interface (%s can be captured; -i any takes all)", name,
			names.length ? names.text : "none");
		break;
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		err_set(err, ERR_FAILED,
			"%s: no permission to capture (sudo setcap cap_net_raw=ep %s, or run it as root)", name,
			own_path(path));
		break;
	case PCAP_ERROR_IFACE_NOT_UP:
		err_set(err, ERR_FAILED, "%s: the interface is down (ip link set %s up)", name, name);
		break;
	default:
		err_set(err, ERR_FAILED, "%s: cannot be captured: %s", name, why);
	}
	strbuf_fini(&names);
	return false;
}

bool source_explain_permission(const char *name, struct err *err)
{
	return devices_explain(name, PCAP_ERROR_PERM_DENIED, NULL, err);
}
